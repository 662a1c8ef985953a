/* Runs a network over raw samples from stdin, all at once, and writes what
 * comes out to stdout. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kInput = 3 * 8 * 8, kOutput = 10 };

static _Alignas(64) char workspace[NET_WORKSPACE_BYTES];

int main(int argc, char **argv) {
  size_t batch = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  float *x = malloc((batch + 1) * kInput * sizeof(float));
  float *y = malloc((batch + 1) * kOutput * sizeof(float));
  if (fread(x, kInput * sizeof(float), batch, stdin) != batch)
    return 1;
  /* Behind the results nothing is written. */
  memset(y, 0x55, (batch + 1) * kOutput * sizeof(float));
  net(x, y, (int64_t)batch, workspace);
  for (size_t i = 0; i < kOutput * sizeof(float); ++i)
    if (((unsigned char *)(y + batch * kOutput))[i] != 0x55)
      return 2;
  if (fwrite(y, kOutput * sizeof(float), batch, stdout) != batch)
    return 1;
  free(x);
  free(y);
  return 0;
}
