/* From text to calls, in process and through a library.

RUN: rm -rf %t && mkdir %t
RUN: %python %inputs/make_arrays.py %t/calib.npz x=f4:8x4:iota
RUN: nnq-capi-compile %t | FileCheck %s
RUN: nnq-run %t/layer.so --data %t/calib.npz --repeat=0
*/
#include "check.h"

static const float expected[2] = {8, 3};

static void expectLayer(NnqProgram program) {
  const float x[4] = {1, 2, 3, 4};
  float y[2] = {0, 0};
  const void *inputs[] = {x};
  void *outputs[] = {y};
  nnqProgramCall(program, inputs, outputs, 1);
  EXPECT(memcmp(y, expected, sizeof(y)) == 0);

  size_t bytes = (nnqProgramWorkspaceBytes(program) + 127) / 64 * 64;
  void *workspace = aligned_alloc(64, bytes);
  memset(y, 0, sizeof(y));
  nnqProgramCallWith(program, inputs, outputs, 1, workspace);
  EXPECT(memcmp(y, expected, sizeof(y)) == 0);

  memset(y, 0, sizeof(y));
  void (*entry)(const float *, float *, void *);
  void *address = nnqProgramEntry(program);
  memcpy(&entry, &address, sizeof(entry));
  entry(x, y, workspace);
  EXPECT(memcmp(y, expected, sizeof(y)) == 0);
  free(workspace);
}

static void expectSignature(NnqProgram program) {
  EXPECT(nnqProgramNumInputs(program) == 1);
  EXPECT(nnqProgramNumOutputs(program) == 1);
  NnqTensor x = nnqProgramInput(program, 0);
  EXPECT(x.type == NNQ_F32 && x.rank == 2 && x.shape[0] == 1 &&
         x.shape[1] == 4);
  NnqTensor y = nnqProgramOutput(program, 0);
  EXPECT(y.type == NNQ_F32 && y.rank == 2 && y.shape[0] == 1 &&
         y.shape[1] == 2);
  EXPECT(nnqProgramInput(program, 1).shape == NULL);
  EXPECT(strstr(nnqProgramSignature(program), "\"entry\":\"layer\""));
  EXPECT(nnqProgramCodeBytes(program) > 0);
}

/* Text and bytecode of a network are the network. */
static void expectRoundTrip(NnqContext context, NnqNetwork network) {
  Text text = {NULL, 0};
  EXPECT(nnqNetworkPrint(network, false, collect, &text));
  EXPECT(contains(&text, "loc(\"fc1\""));
  NnqNetwork again = parse(context, text.data);
  EXPECT(again);
  nnqNetworkDestroy(again);
  clear(&text);

  EXPECT(nnqNetworkPrintBytecode(network, collect, &text));
  again = nnqNetworkParse(context, text.data, text.size, NULL);
  EXPECT(again);
  nnqNetworkDestroy(again);
  clear(&text);
}

/* MLIR's integers have no sign of their own. */
static void describeUnsigned(NnqContext context) {
  NnqNetwork network =
      parse(context, "func.func @f(%x: tensor<4xi8> {nnq.unsigned}, "
                     "%y: tensor<4xi8>) -> (tensor<4xi8> {nnq.unsigned}) {"
                     "  return %x : tensor<4xi8>"
                     "}");
  EXPECT(network);
  Text text = {NULL, 0};
  EXPECT(nnqNetworkDescribe(network, collect, &text));
  printf("unsigned: %s\n", text.data);
  clear(&text);
  /* CHECK: unsigned: [{"entry":"f",
     CHECK-SAME: "inputs":[{"dtype":"u8","shape":[4]},
     CHECK-SAME: {"dtype":"i8","shape":[4]}]
     CHECK-SAME: "outputs":[{"dtype":"u8","shape":[4]}]
   */
  nnqNetworkDestroy(network);
}

/* Tensors keep the names that the network gives them. */
static void describeNames(NnqContext context) {
  NnqNetwork network = parse(
      context, "func.func @f(%x: tensor<4xf32> {nnq.tensor_name = \"image\"}, "
               "%y: tensor<4xf32>) "
               "-> (tensor<4xf32> {nnq.tensor_name = \"sum:0\"}) {"
               "  %0 = linalg.add ins(%x, %y : tensor<4xf32>, tensor<4xf32>)"
               "    outs(%x : tensor<4xf32>) -> tensor<4xf32>"
               "  return %0 : tensor<4xf32>"
               "}");
  EXPECT(network);
  Text text = {NULL, 0};
  EXPECT(nnqNetworkDescribe(network, collect, &text));
  printf("names: %s\n", text.data);
  clear(&text);
  /* CHECK: names: [{"entry":"f",
     CHECK-SAME: "inputs":[{"dtype":"f32","name":"image","shape":[4]},
     CHECK-SAME: {"dtype":"f32","shape":[4]}]
     CHECK-SAME: "outputs":[{"dtype":"f32","name":"sum:0","shape":[4]}]
   */
  EXPECT(nnqNetworkRun(network, "lower-to-llvm"));
  EXPECT(nnqNetworkPrintHeader(network, collect, &text));
  printf("%s", text.data);
  clear(&text);
  /* CHECK: void f(const float *image, const float *x1, float *sum_0,
     CHECK-SAME: void *workspace);
   */
  NnqProgram program = nnqProgramCompile(network, NULL, 0);
  EXPECT(program);
  EXPECT(strcmp(nnqProgramInput(program, 0).name, "image") == 0);
  EXPECT(strcmp(nnqProgramInput(program, 1).name, "") == 0);
  EXPECT(strcmp(nnqProgramOutput(program, 0).name, "sum:0") == 0);
  nnqProgramDestroy(program);
  nnqNetworkDestroy(network);
}

static void compileStatic(NnqContext context, const char *folder) {
  NnqNetwork network = parse(context, staticLayer);
  EXPECT(network);
  expectRoundTrip(context, network);
  Text text = {NULL, 0};
  EXPECT(nnqNetworkDescribe(network, collect, &text));
  printf("before: %s\n", text.data);
  clear(&text);
  /* CHECK: before: [{"entry":"layer","inputs":[{"dtype":"f32","shape":[1,4]}]
     CHECK-SAME: "outputs":[{"dtype":"f32","shape":[1,2]}]}]
   */

  NnqNetwork lowered = nnqNetworkClone(network);
  EXPECT(lowered);
  EXPECT(nnqNetworkRun(lowered, "builtin.module(lower-to-llvm{profile})"));
  EXPECT(nnqNetworkDescribe(lowered, collect, &text));
  printf("after: %s\n", text.data);
  clear(&text);
  /* CHECK: after: [{"entry":"layer",
     CHECK-SAME: "layers":[{"factors":8,"kind":"linear","macs":8,"name":"fc1"
     CHECK-SAME: "target":{"cpu":
     CHECK-SAME: "workspace":
   */

  NnqProgram program = nnqProgramCompile(lowered, NULL, 2);
  EXPECT(program);
  expectSignature(program);
  expectLayer(program);
  size_t count = 0;
  int64_t *ticks = nnqProgramTicks(program, &count);
  EXPECT(count > 0 && ticks);
  int64_t sum = 0;
  for (size_t i = 0; i < count; ++i)
    sum += ticks[i];
  EXPECT(sum > 0);
  nnqProgramDestroy(program);
  nnqNetworkDestroy(lowered);

  /* The clone left the original as it was. */
  EXPECT(nnqNetworkRun(network, "lower-to-llvm"));
  EXPECT(nnqNetworkPrintHeader(network, collect, &text));
  printf("%s", text.data);
  clear(&text);
  /* CHECK: void layer(const float *x, float *y, void *workspace);
   */

  const char *const kinds[] = {"o", "s", "ll", "so"};
  char path[4096];
  for (size_t i = 0; i < 4; ++i) {
    snprintf(path, sizeof(path), "%s/layer.%s", folder, kinds[i]);
    EXPECT(nnqNetworkWrite(network, path, kinds[i], 3));
  }
  program = nnqProgramLoad(context, path, "layer");
  EXPECT(program);
  expectSignature(program);
  expectLayer(program);
  EXPECT(nnqProgramTicks(program, &count) == NULL && count == 0);
  nnqProgramDestroy(program);
  nnqNetworkDestroy(network);
}

static void compileDynamic(NnqContext context) {
  NnqNetwork network = parse(context, dynamicLayer);
  EXPECT(network && nnqNetworkRun(network, "lower-to-llvm"));
  NnqProgram program = nnqProgramCompile(network, "layer", 3);
  EXPECT(program);
  EXPECT(nnqProgramInput(program, 0).shape[0] == -1);
  float x[11][4];
  float y[11][2];
  for (int i = 0; i < 11; ++i)
    for (int j = 0; j < 4; ++j)
      x[i][j] = (float)(j + 1);
  const void *inputs[] = {x};
  void *outputs[] = {y};
  nnqProgramCall(program, inputs, outputs, 11);
  for (int i = 0; i < 11; ++i)
    EXPECT(memcmp(y[i], expected, sizeof(expected)) == 0);
  nnqProgramDestroy(program);
  nnqNetworkDestroy(network);
}

static void quantize(NnqContext context, const char *folder) {
  NnqNetwork network = parse(context, staticLayer);
  char pipeline[4096];
  snprintf(pipeline, sizeof(pipeline),
           "quantize-int8{data=%s/calib.npz},lower-to-llvm", folder);
  EXPECT(network && nnqNetworkRun(network, pipeline));
  NnqProgram program = nnqProgramCompile(network, NULL, 3);
  EXPECT(program);
  const float x[4] = {1, 2, 3, 4};
  float y[2];
  const void *inputs[] = {x};
  void *outputs[] = {y};
  nnqProgramCall(program, inputs, outputs, 1);
  printf("int8: %.1f %.1f\n", (double)y[0], (double)y[1]);
  /* CHECK: int8: {{[78]\.[0-9]}} {{[23]\.[0-9]}}
   */
  nnqProgramDestroy(program);
  nnqNetworkDestroy(network);
}

int main(int argc, char **argv) {
  EXPECT(argc == 2);
  Text messages = {NULL, 0};
  NnqContext context = nnqContextCreate(collectDiagnostic, &messages);
  EXPECT(context);
  describeUnsigned(context);
  describeNames(context);
  compileStatic(context, argv[1]);
  compileDynamic(context);
  quantize(context, argv[1]);
  if (messages.data)
    fputs(messages.data, stderr);
  EXPECT(!messages.data);
  nnqContextDestroy(context);

  Text text = {NULL, 0};
  nnqListPipelines(collect, &text);
  printf("%s\n", text.data);
  clear(&text);
  /* CHECK: "name":"lower-to-llvm"
     CHECK-SAME: {"default":false,"description":"{{[^"]*}}","name":"profile",
     CHECK-SAME: "type":"bool"}
     CHECK-SAME: {"default":1,{{[^{]*}}"name":"threads","type":"integer"}
   */
  printf("version %s\n", nnqVersion());
  /* CHECK: version {{[0-9]+\.[0-9]+\.[0-9]+}}
   */
  return 0;
}
