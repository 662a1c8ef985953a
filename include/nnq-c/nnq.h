/*===- nnq.h - Compile neural networks from C
------------------------------===*\
|*
|* Part of the nnq project.
|*
|* Handles are owned by the caller, freed by nnq...Destroy, which takes null
|* too, and may be freed in any order. A function that fails returns false or
|* null, after it has given every message to the callback of the context.
|* A context and what belongs to it are used by one thread at a time, which is
|* the one that callbacks run on.
|*
\*===----------------------------------------------------------------------===*/

#ifndef NNQ_C_NNQ_H
#define NNQ_C_NNQ_H

#include "nnq-c/Support.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct NnqContextImpl *NnqContext; /* dialects, passes, messages      */
typedef struct NnqNetworkImpl *NnqNetwork; /* a network as MLIR               */
typedef struct NnqProgramImpl *NnqProgram; /* machine code that can be called */

typedef enum { NNQ_ERROR, NNQ_WARNING, NNQ_REMARK, NNQ_NOTE } NnqSeverity;

typedef struct {
  NnqSeverity severity;
  const char *message;
  const char *layer; /* name of the layer, "" if there is none */
  const char *file;  /* "" if unknown */
  unsigned line;     /* 0 if unknown */
  unsigned column;   /* 0 if unknown */
  /* Of optimization remarks, else "": the pass, and "passed" or "missed". */
  const char *category;
  const char *kind;
} NnqDiagnostic;

/* Notes follow the message that they belong to. Strings live for the call. */
typedef void (*NnqDiagnosticCallback)(const NnqDiagnostic *, void *userData);
/* Pieces of text or of bytes. */
typedef void (*NnqWriteCallback)(const char *data, size_t size, void *userData);
/* done of total units of `what` ("pass", "calibration sample"); false cancels,
   which is an error. */
typedef bool (*NnqProgressCallback)(const char *what, int64_t done,
                                    int64_t total, void *userData);

/* Without a callback, messages are dropped. */
NNQ_EXPORT NnqContext nnqContextCreate(NnqDiagnosticCallback callback,
                                       void *userData);
/* What belongs to the context may live on, but has no callbacks. */
NNQ_EXPORT void nnqContextDestroy(NnqContext context);
/* Regular expressions of remark categories, as --remarks-filter-passed and
   -missed take, for what runs from now on; null for none. That of nnq's own
   remarks is "nnq". */
NNQ_EXPORT bool nnqContextSetRemarks(NnqContext context, const char *passed,
                                     const char *missed);
/* Null for none. */
NNQ_EXPORT void nnqContextSetProgress(NnqContext context,
                                      NnqProgressCallback callback,
                                      void *userData);

/* MLIR text or bytecode, which is copied. `name` is what messages call it. */
NNQ_EXPORT NnqNetwork nnqNetworkParse(NnqContext context, const char *data,
                                      size_t size, const char *name);
NNQ_EXPORT NnqNetwork nnqNetworkParseFile(NnqContext context, const char *path);
/* Shares the weights until one of the two changes them. */
NNQ_EXPORT NnqNetwork nnqNetworkClone(NnqNetwork network);
NNQ_EXPORT void nnqNetworkDestroy(NnqNetwork network);
/* A textual pipeline, for example
   "quantize-int8{data=calib.npz},lower-to-llvm{target=x86-64-v3}".
   A network whose pipeline failed can only be destroyed. */
NNQ_EXPORT bool nnqNetworkRun(NnqNetwork network, const char *pipeline);
NNQ_EXPORT bool nnqNetworkPrint(NnqNetwork network, bool elideConstants,
                                NnqWriteCallback write, void *userData);
NNQ_EXPORT bool nnqNetworkPrintBytecode(NnqNetwork network,
                                        NnqWriteCallback write, void *userData);
/* Entry points with inputs and outputs as a JSON array; also before lowering.
   After it they are as nnqProgramSignature has them. */
NNQ_EXPORT bool nnqNetworkDescribe(NnqNetwork network, NnqWriteCallback write,
                                   void *userData);

/* The network must be in the LLVM dialect (lower-to-llvm). Kinds: "so", "o",
   "s", "ll". Nothing is left at `path` on failure. `level`: LLVM's, 0 to 3. */
NNQ_EXPORT bool nnqNetworkWrite(NnqNetwork network, const char *path,
                                const char *kind, int level);
/* A C header of the entry points. */
NNQ_EXPORT bool nnqNetworkPrintHeader(NnqNetwork network,
                                      NnqWriteCallback write, void *userData);

/* Compiles in process. `entry`: null for the only one. */
NNQ_EXPORT NnqProgram nnqProgramCompile(NnqNetwork network, const char *entry,
                                        int level);
/* Loads a library that was written as "so". */
NNQ_EXPORT NnqProgram nnqProgramLoad(NnqContext context, const char *path,
                                     const char *entry);
NNQ_EXPORT void nnqProgramDestroy(NnqProgram program);

typedef enum {
  NNQ_F32,
  NNQ_F64,
  NNQ_I8,
  NNQ_U8,
  NNQ_I16,
  NNQ_U16,
  NNQ_I32,
  NNQ_U32,
  NNQ_I64,
  NNQ_U64,
  NNQ_BOOL
} NnqType;

typedef struct {
  const char *name; /* "" if it has none */
  NnqType type;
  int64_t rank;
  const int64_t *shape; /* first size -1: the batch is dynamic */
} NnqTensor;

NNQ_EXPORT size_t nnqProgramNumInputs(NnqProgram program);
NNQ_EXPORT size_t nnqProgramNumOutputs(NnqProgram program);
/* Lives as long as the program. All zero if there is no such tensor. */
NNQ_EXPORT NnqTensor nnqProgramInput(NnqProgram program, size_t index);
NNQ_EXPORT NnqTensor nnqProgramOutput(NnqProgram program, size_t index);
/* All of the signature as JSON: entry, tensors, workspace, weights, layers,
   target. Lives as long as the program. */
NNQ_EXPORT const char *nnqProgramSignature(NnqProgram program);
NNQ_EXPORT size_t nnqProgramWorkspaceBytes(NnqProgram program);
NNQ_EXPORT size_t nnqProgramCodeBytes(NnqProgram program);
/* The C entry point itself: inputs, outputs, [int64_t batch], workspace. */
NNQ_EXPORT void *nnqProgramEntry(NnqProgram program);

/* Dense row-major arrays of the types and shapes of the signature. `batch`
   matters only if it is dynamic. Uses the program's own workspace: one thread
   at a time. Cannot fail. */
NNQ_EXPORT void nnqProgramCall(NnqProgram program, const void *const *inputs,
                               void *const *outputs, int64_t batch);
/* As above with a workspace of the caller, 64-byte aligned; any thread. */
NNQ_EXPORT void nnqProgramCallWith(NnqProgram program,
                                   const void *const *inputs,
                                   void *const *outputs, int64_t batch,
                                   void *workspace);
/* Counters of a profile: one for each layer of the signature, may be reset.
   Null and 0 without a profile. */
NNQ_EXPORT int64_t *nnqProgramTicks(NnqProgram program, size_t *count);

/* As JSON: the version, and the pipelines of nnq with their options (name,
   description, type, default, values); a recipe may have those that are a
   "step". Passes of nnq and MLIR run, too. */
NNQ_EXPORT void nnqListPipelines(NnqWriteCallback write, void *userData);
NNQ_EXPORT const char *nnqVersion(void);

#ifdef __cplusplus
}
#endif

#endif /* NNQ_C_NNQ_H */
