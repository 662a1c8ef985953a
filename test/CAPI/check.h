/*===- check.h - What the tests of the C API share
-------------------------===*\
|*
|* Part of the nnq project.
|*
\*===----------------------------------------------------------------------===*/

#ifndef NNQ_TEST_CAPI_CHECK_H
#define NNQ_TEST_CAPI_CHECK_H

#include "nnq-c/nnq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test ends at the first expectation that is not met. */
#define EXPECT(condition)                                                      \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: not met: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/* Text that a callback collects. */
typedef struct {
  char *data;
  size_t size;
} Text;

static inline void collect(const char *data, size_t size, void *userData) {
  Text *text = userData;
  text->data = realloc(text->data, text->size + size + 1);
  EXPECT(text->data);
  memcpy(text->data + text->size, data, size);
  text->size += size;
  text->data[text->size] = 0;
}

static inline void clear(Text *text) {
  free(text->data);
  text->data = NULL;
  text->size = 0;
}

static inline bool contains(const Text *text, const char *part) {
  return text->data && strstr(text->data, part);
}

static const char *const severityNames[] = {"error", "warning", "remark",
                                            "note"};

/* One line a message: file:line:column: severity: layer: pass: kind: text. */
static inline void collectDiagnostic(const NnqDiagnostic *diag,
                                     void *userData) {
  char line[4096];
  snprintf(line, sizeof(line), "%s:%u:%u: %s: [%s] [%s] [%s] %s\n", diag->file,
           diag->line, diag->column, severityNames[diag->severity], diag->layer,
           diag->category, diag->kind, diag->message);
  collect(line, strlen(line), userData);
}

/* y = x * w with a batch of one, or of any size where it says `?`. */
#define LAYER(batch)                                                           \
  "func.func @layer(%x: tensor<" batch "x4xf32>) -> tensor<" batch "x2xf32> "  \
  "{\n"                                                                        \
  "  %w = arith.constant dense<[[1.0, -2.0], [0.5, 0.5], [2.0, 0.0], "         \
  "[0.0, 1.0]]> : tensor<4x2xf32>\n"                                           \
  "  %zero = arith.constant 0.0 : f32\n"

static const char staticLayer[] =
    LAYER("1") "  %empty = tensor.empty() : tensor<1x2xf32>\n"
               "  %init = linalg.fill ins(%zero : f32)\n"
               "      outs(%empty : tensor<1x2xf32>) -> tensor<1x2xf32>\n"
               "  %y = linalg.matmul\n"
               "      ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>)\n"
               "      outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>\n"
               "      loc(\"fc1\"(\"net.py\":7:3))\n"
               "  return %y : tensor<1x2xf32>\n"
               "}\n";

static const char dynamicLayer[] =
    LAYER("?") "  %c0 = arith.constant 0 : index\n"
               "  %n = tensor.dim %x, %c0 : tensor<?x4xf32>\n"
               "  %empty = tensor.empty(%n) : tensor<?x2xf32>\n"
               "  %init = linalg.fill ins(%zero : f32)\n"
               "      outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>\n"
               "  %y = linalg.matmul\n"
               "      ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>)\n"
               "      outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>\n"
               "      loc(\"fc1\")\n"
               "  return %y : tensor<?x2xf32>\n"
               "}\n";

static inline NnqNetwork parse(NnqContext context, const char *text) {
  return nnqNetworkParse(context, text, strlen(text), "net.mlir");
}

#endif /* NNQ_TEST_CAPI_CHECK_H */
