// The instructions of AMX that multiply bytes, by their definition: Intel 64
// and IA-32 Architectures Software Developer's Manual, volume 2.

#include <stdint.h>
#include <string.h>

static struct {
  uint8_t bytes[64];
} matrices[8][16];
static uint16_t widths[8];
static uint8_t heights[8];

void emulated_ldtilecfg(const uint8_t *config) {
  memcpy(widths, config + 16, sizeof widths);
  memcpy(heights, config + 48, sizeof heights);
  memset(matrices, 0, sizeof matrices);
}

void emulated_tilerelease(void) {
  memset(widths, 0, sizeof widths);
  memset(heights, 0, sizeof heights);
}

void emulated_tilezero(uint8_t matrix) {
  memset(matrices[matrix], 0, sizeof matrices[matrix]);
}

void emulated_tileloadd64(uint8_t matrix, const char *from, int64_t stride) {
  emulated_tilezero(matrix);
  for (int row = 0; row < heights[matrix]; ++row)
    memcpy(matrices[matrix][row].bytes, from + row * stride, widths[matrix]);
}

void emulated_tilestored64(uint8_t matrix, char *to, int64_t stride) {
  for (int row = 0; row < heights[matrix]; ++row)
    memcpy(to + row * stride, matrices[matrix][row].bytes, widths[matrix]);
}

void emulated_tdpbusd(uint8_t acc, uint8_t lhs, uint8_t rhs) {
  // What would be #UD on a machine.
  if (heights[acc] != heights[lhs] || widths[acc] != widths[rhs] ||
      widths[lhs] != 4 * heights[rhs])
    __builtin_trap();
  for (int m = 0; m < heights[acc]; ++m)
    for (int n = 0; n < widths[acc] / 4; ++n) {
      uint32_t sum;
      memcpy(&sum, matrices[acc][m].bytes + 4 * n, 4);
      for (int k = 0; k < heights[rhs]; ++k)
        for (int v = 0; v < 4; ++v)
          sum += (uint32_t)(matrices[lhs][m].bytes[4 * k + v] *
                            (int8_t)matrices[rhs][k].bytes[4 * n + v]);
      memcpy(matrices[acc][m].bytes + 4 * n, &sum, 4);
    }
}
