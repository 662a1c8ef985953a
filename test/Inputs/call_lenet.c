/* Runs LeNet over raw images from stdin and writes raw scores to stdout. */
#include "lenet.h"

#include <stdio.h>
#include <stdlib.h>

static _Alignas(64) char workspace[LENET_WORKSPACE_BYTES];

int main(int argc, char **argv) {
  int samples = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < samples; ++i) {
    float x[1][1][28][28];
    float y[1][10];
    if (fread(x, sizeof(x), 1, stdin) != 1)
      return 1;
    lenet((const float *)x, (float *)y, workspace);
    if (fwrite(y, sizeof(y), 1, stdout) != 1)
      return 1;
  }
  return 0;
}
