/*
 * Runs compiled networks on inputs of a file: harness INPUT OUTPUT.
 *
 * `networks` is defined by a file made for the occasion. INPUT holds the inputs
 * of all samples of the first network, then those of the second, and so on;
 * OUTPUT gets the outputs in the same order. A network must not write outside
 * of its output and its workspace, change its input, or depend on what was in
 * the workspace.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct network {
  const char *name;
  const char *signature;
  void (*run)(const void *input, void *output, void *workspace);
  size_t input_bytes, output_bytes, samples;
};
extern const struct network networks[];
extern const size_t network_count;

/* Only the workspace is aligned to more than an element. */
enum { kGuard = 256, kTensor = kGuard + 4, kMark = 0xA5 };

/* `bytes` at `offset` of a block with guards on both sides. */
static char *allocate(size_t bytes, size_t offset, int fill) {
  size_t total = (offset + bytes + kGuard + 63) / 64 * 64;
  char *block = aligned_alloc(64, total);
  if (!block)
    exit(2);
  memset(block, kMark, total);
  memset(block + offset, fill, bytes);
  return block + offset;
}

static int is_intact(const char *block, size_t bytes) {
  for (size_t i = 0; i < kGuard; ++i)
    if ((uint8_t)block[-1 - (long)i] != kMark ||
        (uint8_t)block[bytes + i] != kMark)
      return 0;
  return 1;
}

static size_t workspace_bytes(const char *signature) {
  const char *field = strstr(signature, "\"workspace\":");
  return field ? strtoull(field + strlen("\"workspace\":"), NULL, 10) : 0;
}

static int fail(const struct network *net, const char *what) {
  fprintf(stderr, "%s: %s\n", net->name, what);
  return 3;
}

int main(int argc, char **argv) {
  FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
  FILE *out = argc == 3 ? fopen(argv[2], "wb") : NULL;
  if (!in || !out)
    return 2;
  for (size_t i = 0; i < network_count; ++i) {
    const struct network *net = &networks[i];
    size_t workspace = workspace_bytes(net->signature);
    for (size_t sample = 0; sample < net->samples; ++sample) {
      char *input = allocate(net->input_bytes, kTensor, 0);
      char *copy = allocate(net->input_bytes, kTensor, 0);
      char *result[2];
      if (fread(input, 1, net->input_bytes, in) != net->input_bytes)
        return fail(net, "input is too short");
      memcpy(copy, input, net->input_bytes);
      for (int run = 0; run < 2; ++run) {
        char *arena = allocate(workspace, kGuard, run ? 0xFF : 0);
        result[run] = allocate(net->output_bytes, kTensor, run ? 0xFF : 0);
        net->run(input, result[run], arena);
        if (!is_intact(arena, workspace))
          return fail(net, "writes outside of the workspace");
        if (!is_intact(result[run], net->output_bytes))
          return fail(net, "writes outside of the output");
        free(arena - kGuard);
      }
      if (memcmp(input - kGuard, copy - kGuard, net->input_bytes + 2 * kGuard))
        return fail(net, "changes its input");
      if (memcmp(result[0], result[1], net->output_bytes))
        return fail(net, "depends on what was in the workspace or the output");
      fwrite(result[0], 1, net->output_bytes, out);
      free(input - kTensor);
      free(copy - kTensor);
      free(result[0] - kTensor);
      free(result[1] - kTensor);
    }
  }
  return fclose(out) ? 2 : 0;
}
