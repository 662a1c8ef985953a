/* Compiles a network for this machine and runs it once on 0, 1, 2, ... */
#include "nnq-c/nnq.h"

#include <stdio.h>
#include <stdlib.h>

static void show(const NnqDiagnostic *diagnostic, void *userData) {
  (void)userData;
  fprintf(stderr, "%s: layer '%s': %s\n", diagnostic->file, diagnostic->layer,
          diagnostic->message);
}

static size_t count(NnqTensor tensor) {
  size_t elements = 1;
  for (int64_t i = 0; i < tensor.rank; ++i)
    elements *= (size_t)tensor.shape[i];
  return elements;
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "net.mlir";

  NnqContext context = nnqContextCreate(show, NULL);
  NnqNetwork network = nnqNetworkParseFile(context, path);
  if (!network || !nnqNetworkRun(network, "quantize-int8,lower-to-llvm"))
    return 1; /* `show` has been told why */
  NnqProgram program = nnqProgramCompile(network, NULL, 3);
  if (!program)
    return 1;

  size_t inputs = count(nnqProgramInput(program, 0));
  size_t outputs = count(nnqProgramOutput(program, 0));
  float *x = malloc(inputs * sizeof(float));
  float *y = malloc(outputs * sizeof(float));
  for (size_t i = 0; i < inputs; ++i)
    x[i] = (float)i;

  nnqProgramCall(program, (const void *[]){x}, (void *[]){y}, 1);

  for (size_t i = 0; i < outputs; ++i)
    printf("%g ", (double)y[i]);
  free(x);
  free(y);
  nnqProgramDestroy(program);
  nnqNetworkDestroy(network);
  nnqContextDestroy(context);
  return 0;
}
