/* Errors, remarks and progress come by callback; nothing is lost by failing.

RUN: rm -rf %t && mkdir %t
RUN: %python %inputs/make_arrays.py %t/calib.npz x=f4:8x4:iota
RUN: nnq-compile %S/Inputs/layer.mlir --target=aarch64 -o %t/other.so
RUN: nnq-capi-errors %t 60 | FileCheck %s
RUN: ls %t | FileCheck %s --check-prefix=FILES

FILES-NOT: out
*/
#include "check.h"

#include <unistd.h>

static Text messages;

/* The failure that a call must have just had. */
#define FAILS(call, name)                                                      \
  do {                                                                         \
    clear(&messages);                                                          \
    EXPECT(!(call));                                                           \
    EXPECT(messages.data);                                                     \
    if (show)                                                                  \
      printf("%s: %s", name, messages.data);                                   \
  } while (0)

/* Bytes that look like the bytecode of a network but are not. */
static void parseCorrupt(NnqContext context, const Text *bytecode) {
  char *bytes = malloc(bytecode->size);
  for (size_t i = 0; i < bytecode->size; i += 3) {
    memcpy(bytes, bytecode->data, bytecode->size);
    bytes[i] = (char)(bytes[i] ^ 0x55);
    /* Some of them are networks still. */
    nnqNetworkDestroy(
        nnqNetworkParse(context, bytes, bytecode->size, "corrupt"));
  }
  free(bytes);
}

static void failOnce(NnqContext context, const char *folder,
                     const Text *bytecode, bool show) {
  /* CHECK: syntax: net.mlir:1:{{[0-9]+}}: error: [] [] [] {{.*}}expected
   */
  FAILS(parse(context, "func.func @f("), "syntax");
  /* CHECK: dialect: net.mlir:1:10: error: [] [] [] {{.*}}unregistered dialect
   */
  FAILS(parse(context, "\"foo.bar\"() : () -> ()"), "dialect");
  /* CHECK: cut: net.mlirbc:{{.*}}: error:
   */
  FAILS(nnqNetworkParse(context, bytecode->data, bytecode->size / 2,
                        "net.mlirbc"),
        "cut");
  /* CHECK: no file: :0:0: error: {{.*}}No such file
   */
  FAILS(nnqNetworkParseFile(context, "/nowhere/net.mlir"), "no file");
  /* CHECK: no text: :0:0: error:
   */
  FAILS(nnqNetworkParse(context, NULL, 7, NULL), "no text");
  /* CHECK: no library: :0:0: error: {{.*}}/nowhere/net.so: No such file
   */
  FAILS(nnqProgramLoad(context, "/nowhere/net.so", NULL), "no library");
  char path[4096];
  snprintf(path, sizeof(path), "%s/other.so", folder);
  /* CHECK: other machine: {{.*}}other.so: made for aarch64
   */
  FAILS(nnqProgramLoad(context, path, NULL), "other machine");
  snprintf(path, sizeof(path), "%s/calib.npz", folder);
  /* CHECK: no program: {{.*}}calib.npz: not a shared library
   */
  FAILS(nnqProgramLoad(context, path, NULL), "no program");

  NnqNetwork network = parse(context, staticLayer);
  EXPECT(network);
  /* CHECK: no pass: {{.*}}'nonsense' does not refer to a registered pass
   */
  FAILS(nnqNetworkRun(network, "nonsense"), "no pass");
  /* CHECK: braces: {{.*}}missing closing '}'
   */
  FAILS(nnqNetworkRun(network, "lower-to-llvm{"), "braces");
  /* CHECK: no option: {{.*}}'lower-to-llvm' cannot read its options: {{.*}}no
     CHECK-SAME: such option speed
   */
  FAILS(nnqNetworkRun(network, "lower-to-llvm{speed=3}"), "no option");
  /* CHECK: on functions: {{.*}}'lower-to-llvm' runs on modules, not on
     CHECK-SAME: 'func.func'
   */
  FAILS(nnqNetworkRun(network, "func.func(lower-to-llvm)"), "on functions");
  /* CHECK: module pass: {{.*}}restricted to 'builtin.module'
   */
  FAILS(nnqNetworkRun(network, "func.func(nnq-name-layers)"), "module pass");
  /* CHECK: not lowered: {{.*}}run lower-to-llvm first
   */
  FAILS(nnqProgramCompile(network, NULL, 3), "not lowered");
  snprintf(path, sizeof(path), "%s/out.so", folder);
  /* CHECK: not lowered: {{.*}}run lower-to-llvm first
   */
  FAILS(nnqNetworkWrite(network, path, "so", 3), "not lowered");

  /* None of these did any harm. */
  NnqNetwork lowered = nnqNetworkClone(network);
  EXPECT(lowered && nnqNetworkRun(lowered, "lower-to-llvm{reference}"));
  /* CHECK: level: {{.*}}4 is no level of LLVM
   */
  FAILS(nnqProgramCompile(lowered, NULL, 4), "level");
  /* CHECK: entry: {{.*}}no entry point 'main'; there are: layer
   */
  FAILS(nnqProgramCompile(lowered, "main", 3), "entry");
  /* CHECK: kind: {{.*}}'exe' is no kind of file
   */
  FAILS(nnqNetworkWrite(lowered, path, "exe", 3), "kind");
  /* CHECK: path: {{.*}}/nowhere/out.so
   */
  FAILS(nnqNetworkWrite(lowered, "/nowhere/out.so", "so", 0), "path");
  nnqNetworkDestroy(lowered);

  lowered = parse(context, "llvm.func @g() {\n"
                           "  llvm.inline_asm has_side_effects \"nonsense\", "
                           "\"\" : () -> ()\n"
                           "  llvm.return\n"
                           "}\n");
  snprintf(path, sizeof(path), "%s/out.o", folder);
  /* CHECK: assembly: {{.*}}LLVM: {{.*}}invalid instruction
   */
  FAILS(nnqNetworkWrite(lowered, path, "o", 3), "assembly");
  nnqNetworkDestroy(lowered);

  /* CHECK: target: {{.*}}unknown target 'pdp11'
   */
  FAILS(nnqNetworkRun(network, "lower-to-llvm{target=pdp11}"), "target");
  /* CHECK: broken: {{.*}}a pipeline failed on this network
   */
  FAILS(nnqNetworkRun(network, "canonicalize"), "broken");
  FAILS(nnqNetworkClone(network), "broken");
  FAILS(nnqNetworkPrint(network, true, collect, &messages), "broken");
  nnqNetworkDestroy(network);

  network = parse(context, staticLayer);
  /* CHECK: no data: {{.*}}cannot calibrate: {{.*}}/nowhere/calib.npz
   */
  FAILS(nnqNetworkRun(network, "quantize-int8{data=/nowhere/calib.npz}"),
        "no data");
  nnqNetworkDestroy(network);

  static const char unsupported[] =
      "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {\n"
      "  %y = \"tosa.custom\"(%x) <{domain_name = \"d\", "
      "implementation_attrs = \"\", operator_name = \"gelu\"}> "
      ": (tensor<4xf32>) -> tensor<4xf32>\n"
      "    loc(\"gelu\"(\"net.py\":7:3))\n"
      "  return %y : tensor<4xf32>\n"
      "}\n";
  network = parse(context, unsupported);
  /* CHECK: layer: net.py:7:3: error: [gelu] [] [] unsupported
     CHECK-SAME: operation 'tosa.custom' in layer 'gelu'
   */
  FAILS(nnqNetworkRun(network, "import"), "layer");
  nnqNetworkDestroy(network);
}

static size_t getResidentBytes(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  EXPECT(file);
  long pages = 0;
  EXPECT(fscanf(file, "%*s %ld", &pages) == 1);
  fclose(file);
  return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Remarks carry the pass, the layer and what came of it. */
static void expectRemarks(NnqContext context) {
  bool show = true;
  FAILS(nnqContextSetRemarks(context, "(", NULL), "regex");
  /* CHECK: regex: {{.*}}'(' is no regular expression
   */
  clear(&messages);
  EXPECT(nnqContextSetRemarks(context, "nnq", "nnq"));
  NnqNetwork network = parse(context, staticLayer);
  EXPECT(nnqNetworkRun(network, "quantize-int8{layers=fc1=f32}"));
  EXPECT(nnqNetworkRun(network, "lower-to-llvm{target=x86-64-v3}"));
  printf("remarks:\n%s", messages.data);
  /* CHECK: remarks:
     CHECK: net.py:7:3: remark: [fc1] [nnq-{{[a-z-]+}}] [missed]
   */
  EXPECT(nnqContextSetRemarks(context, NULL, NULL));
  clear(&messages);
  nnqNetworkDestroy(network);
  network = parse(context, staticLayer);
  EXPECT(nnqNetworkRun(network, "lower-to-llvm"));
  EXPECT(!messages.data);
  nnqNetworkDestroy(network);
}

typedef struct {
  int64_t passes;
  int64_t samples;
  int64_t cancelAt;
} Progress;

static bool onProgress(const char *what, int64_t done, int64_t total,
                       void *userData) {
  Progress *progress = userData;
  int64_t *last =
      strcmp(what, "pass") == 0 ? &progress->passes : &progress->samples;
  EXPECT(done == *last + 1 && done <= total);
  *last = done;
  return progress->samples != progress->cancelAt;
}

static void expectProgress(NnqContext context, const char *folder) {
  bool show = true;
  char pipeline[4096];
  snprintf(pipeline, sizeof(pipeline), "quantize-int8{data=%s/calib.npz}",
           folder);
  Progress progress = {0, 0, -1};
  nnqContextSetProgress(context, onProgress, &progress);
  NnqNetwork network = parse(context, staticLayer);
  EXPECT(nnqNetworkRun(network, pipeline));
  EXPECT(progress.samples == 8 && progress.passes > 8);
  nnqNetworkDestroy(network);

  Progress cancelled = {0, 0, 3};
  nnqContextSetProgress(context, onProgress, &cancelled);
  network = parse(context, staticLayer);
  FAILS(nnqNetworkRun(network, pipeline), "progress");
  /* CHECK: progress: {{.*}}cancelled
   */
  EXPECT(cancelled.samples == 3);
  EXPECT(contains(&messages, "cancelled"));
  nnqNetworkDestroy(network);
  nnqContextSetProgress(context, NULL, NULL);
}

int main(int argc, char **argv) {
  EXPECT(argc == 3);
  NnqContext context = nnqContextCreate(collectDiagnostic, &messages);
  NnqNetwork network = parse(context, staticLayer);
  Text bytecode = {NULL, 0};
  EXPECT(nnqNetworkPrintBytecode(network, collect, &bytecode));
  nnqNetworkDestroy(network);

  failOnce(context, argv[1], &bytecode, true);
  expectRemarks(context);
  expectProgress(context, argv[1]);
  parseCorrupt(context, &bytecode);

  int repeat = atoi(argv[2]);
  for (int i = 0; i < repeat / 10; ++i)
    failOnce(context, argv[1], &bytecode, false);
  size_t before = getResidentBytes();
  for (int i = 0; i < repeat; ++i)
    failOnce(context, argv[1], &bytecode, false);
  size_t growth = getResidentBytes() - before;
  clear(&messages);
  clear(&bytecode);
  /* More than 1,000 failed calls, of which none may leave a kilobyte. */
  if (growth > 1 << 20 && growth < SIZE_MAX / 2)
    printf("grown by %zu bytes\n", growth);
  /* CHECK-NOT: grown by */

  /* What belongs to a context may outlive it. */
  network = parse(context, staticLayer);
  nnqContextDestroy(context);
  EXPECT(nnqNetworkRun(network, "lower-to-llvm"));
  EXPECT(!nnqProgramCompile(network, "nonsense", 3));
  NnqProgram program = nnqProgramCompile(network, NULL, 3);
  nnqNetworkDestroy(network);
  EXPECT(nnqProgramNumInputs(program) == 1);
  nnqProgramDestroy(program);

  /* Null is no handle, and no crash. */
  EXPECT(!nnqNetworkParse(NULL, "", 0, NULL));
  EXPECT(!nnqNetworkRun(NULL, "import"));
  EXPECT(!nnqProgramCompile(NULL, NULL, 3));
  nnqNetworkDestroy(NULL);
  nnqProgramDestroy(NULL);
  nnqContextDestroy(NULL);
  EXPECT(!messages.data);
  return 0;
}
