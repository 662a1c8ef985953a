/* The most multiply-adds that one core does in a second, on registers alone,
   and the bytes that it reads from memory. Prints int8, f32, bytes. */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

enum { CHAINS = 12, STEPS = 2000000, ROUNDS = 5 };

#if defined(__AVX512F__)
typedef __m512 F;
enum { F_MACS = 16 };
#define FMA(acc, x) _mm512_fmadd_ps(x, x, acc)
#elif defined(__AVX2__)
typedef __m256 F;
enum { F_MACS = 8 };
#define FMA(acc, x) _mm256_fmadd_ps(x, x, acc)
#else
typedef float32x4_t F;
enum { F_MACS = 4 };
#define FMA(acc, x) vfmaq_f32(acc, x, x)
#endif

#if defined(__AVX512VNNI__)
typedef __m512i I;
enum { I_MACS = 64 };
#define DOT(acc, x) _mm512_dpbusd_epi32(acc, x, x)
#elif defined(__AVXVNNI__)
typedef __m256i I;
enum { I_MACS = 32 };
#define DOT(acc, x) _mm256_dpbusd_avx_epi32(acc, x, x)
#elif defined(__AVX512BW__)
/* Exact without VNNI: pairs of 16-bit numbers. */
typedef __m512i I;
enum { I_MACS = 32 };
#define DOT(acc, x) _mm512_add_epi32(acc, _mm512_madd_epi16(x, x))
#elif defined(__AVX2__)
typedef __m256i I;
enum { I_MACS = 16 };
#define DOT(acc, x) _mm256_add_epi32(acc, _mm256_madd_epi16(x, x))
#elif defined(__ARM_FEATURE_MATMUL_INT8)
typedef int32x4_t I;
enum { I_MACS = 32 };
#define DOT(acc, x)                                                            \
  vmmlaq_s32(acc, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(x))
#elif defined(__ARM_FEATURE_DOTPROD)
typedef int32x4_t I;
enum { I_MACS = 16 };
#define DOT(acc, x)                                                            \
  vdotq_s32(acc, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(x))
#else
typedef int32x4_t I;
enum { I_MACS = 4 };
#define DOT(acc, x) vmlaq_s32(acc, x, x)
#endif

#if defined(__AVX2__)
#define KEEP(value) __asm__ volatile("" : "+v"(value))
#else
#define KEEP(value) __asm__ volatile("" : "+w"(value))
#endif

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Multiply-adds a second of a step on CHAINS independent accumulators. */
#define MEASURE(type, step, macs, result)                                      \
  do {                                                                         \
    type acc[CHAINS], x;                                                       \
    memset(acc, 0, sizeof(acc));                                               \
    memset(&x, 0, sizeof(x));                                                  \
    for (int r = 0; r < ROUNDS; ++r) {                                         \
      double start = now();                                                    \
      for (long i = 0; i < STEPS; ++i)                                         \
        for (int k = 0; k < CHAINS; ++k) {                                     \
          KEEP(x);                                                             \
          acc[k] = step(acc[k], x);                                            \
          KEEP(acc[k]);                                                        \
        }                                                                      \
      double rate = (double)(macs) * CHAINS * STEPS / (now() - start);         \
      if (rate > (result))                                                     \
        (result) = rate;                                                       \
    }                                                                          \
  } while (0)

/* Bytes that are read in a second, by as many streams as do it best. */
static double bandwidth(void) {
  typedef uint64_t V __attribute__((vector_size(32)));
  enum { STEP = 4, MAX_STREAMS = 8 };
  size_t size = (size_t)256 << 20, page = (size_t)2 << 20;
  V *memory = aligned_alloc(page, size), acc[STEP];
  double best = 0;
  if (!memory)
    return 0;
  madvise(memory, size, MADV_HUGEPAGE);
  memset(memory, 1, size);
  memset(acc, 0, sizeof(acc));
  for (size_t streams = 1; streams <= MAX_STREAMS; streams *= 2)
    for (int r = 0; r < ROUNDS; ++r) {
      size_t length = size / sizeof(*memory) / streams;
      double start = now();
      for (size_t i = 0; i < length; i += STEP)
        for (size_t s = 0; s < streams; ++s)
          for (size_t k = 0; k < STEP; ++k)
            acc[k] += memory[s * length + i + k];
      double rate = (double)size / (now() - start);
      if (rate > best)
        best = rate;
    }
  __asm__ volatile("" : : "m"(acc));
  free(memory);
  return best;
}

int main(void) {
  double int8 = 0, f32 = 0;
  MEASURE(I, DOT, I_MACS, int8);
  MEASURE(F, FMA, F_MACS, f32);
  printf("%.6e %.6e %.6e\n", int8, f32, bandwidth());
  return 0;
}
