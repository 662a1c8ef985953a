//===- TargetInfo.cpp - From names to #nnq.target -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/TargetInfo.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Mutex.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace mlir;
using namespace nnq;
using llvm::MCSubtargetInfo;
using llvm::Target;
using llvm::Triple;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

static void initializeTargets() {
  static const bool done = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

/// The subtarget of the names, or null if there is no such architecture. The
/// names must be known ones: LLVM prints to stderr otherwise.
static std::unique_ptr<MCSubtargetInfo>
createSubtarget(const Triple &triple, StringRef cpu = "",
                StringRef features = "") {
  std::string error;
  const Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  return std::unique_ptr<MCSubtargetInfo>(
      target->createMCSubtargetInfo(triple, cpu, features));
}

/// Appends the names nearest to `name`, if any is near, to a diagnostic.
template <typename Table>
static void suggest(InFlightDiagnostic &diag, StringRef name, Table table) {
  SmallVector<std::pair<unsigned, StringRef>> near;
  unsigned limit = std::max<size_t>(2, name.size() / 3);
  for (const auto &entry : table) {
    StringRef key = entry.Key;
    unsigned distance = name.edit_distance(key, true, limit);
    if (distance <= limit)
      near.push_back({distance, key});
  }
  llvm::sort(near);
  if (near.empty())
    return;
  diag << "; did you mean ";
  for (size_t i = 0, e = std::min<size_t>(near.size(), 3); i < e; ++i)
    diag << (i ? ", " : "") << "'" << near[i].second << "'";
  diag << "?";
}

/// "x86-64-v3" and the like name a cpu of LLVM; the plain architectures are
/// spelled in more than one way.
static std::optional<std::pair<Triple, std::string>>
findArchitecture(StringRef name) {
  if (name == "x86-64" || name == "x86_64" || name == "amd64")
    return std::pair(Triple("x86_64-unknown-linux-gnu"), std::string("x86-64"));
  if (name == "aarch64" || name == "arm64")
    return std::pair(Triple("aarch64-unknown-linux-gnu"),
                     std::string("generic"));
  return std::nullopt;
}

static std::string genericCPU(const Triple &triple) {
  return triple.getArch() == Triple::x86_64 ? "x86-64" : "generic";
}

/// Looks `cpu` up in this machine's architecture first, then in the others.
static std::optional<Triple> findTripleOfCPU(StringRef cpu) {
  for (const std::string &name : {llvm::sys::getDefaultTargetTriple(),
                                  std::string("x86_64-unknown-linux-gnu"),
                                  std::string("aarch64-unknown-linux-gnu")}) {
    Triple triple(name);
    auto subtarget = createSubtarget(triple);
    if (subtarget && subtarget->isCPUStringValid(cpu))
      return triple;
  }
  return std::nullopt;
}

/// Can code that computes contain instructions of this feature? The others are
/// for operating systems, for cryptography or reached by intrinsics only, and
/// hypervisors like to hide them.
static bool isComputeFeature(const Triple &triple, StringRef name) {
  if (triple.getArch() != Triple::x86_64)
    return true;
  static constexpr StringRef prefixes[] = {"sse", "avx", "amx", "bmi", "fma"};
  static constexpr StringRef names[] = {
      "cmov", "mmx", "ssse3", "f16c", "xop", "tbm", "gfni", "lzcnt", "popcnt",
      "movbe", "vpclmulqdq",
      // APX
      "egpr", "push2pop2", "ppx", "ndd", "ccmp", "nf", "cf", "zu"};
  return llvm::is_contained(names, name) ||
         llvm::any_of(prefixes, [&](StringRef prefix) {
           return name.starts_with(prefix);
         });
}

/// True if the system gives this process the registers of matrices, which Linux
/// does from the first request on.
static bool grantsMatrices() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/// What this machine has and its system lets processes use.
static llvm::StringMap<bool> getHostFeatures() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (features.lookup("amx-tile") && !grantsMatrices())
    for (auto &feature : features)
      if (feature.getKey().starts_with("amx"))
        feature.second = false;
  return features;
}

/// Features in which this machine differs from what LLVM assumes of its cpu,
/// for example those that a hypervisor hides.
static SmallVector<std::string> hostFeatures(const Triple &triple,
                                             StringRef cpu) {
  SmallVector<std::string> result;
  auto subtarget = createSubtarget(triple, cpu);
  if (!subtarget)
    return result;
  llvm::StringSet<> known;
  for (const llvm::SubtargetFeatureKV &feature :
       subtarget->getAllProcessorFeatures())
    known.insert(feature.Key);
  for (const auto &feature : getHostFeatures()) {
    StringRef name = feature.getKey();
    if (known.contains(name) && isComputeFeature(triple, name) &&
        subtarget->checkFeatures(("+" + name).str()) != feature.getValue())
      result.push_back(((feature.getValue() ? "+" : "-") + name).str());
  }
  llvm::sort(result);
  return result;
}

static LogicalResult checkFeature(const MCSubtargetInfo &subtarget,
                                  StringRef feature, const Triple &triple,
                                  EmitError emitError) {
  StringRef name = feature;
  if (!name.consume_front("+") && !name.consume_front("-"))
    return emitError() << "feature '" << feature
                       << "' must start with '+' or '-'";
  for (const llvm::SubtargetFeatureKV &known :
       subtarget.getAllProcessorFeatures())
    if (name == known.Key)
      return success();
  InFlightDiagnostic diag = emitError();
  diag << "unknown feature '" << name << "' for " << triple.getArchName();
  suggest(diag, name, subtarget.getAllProcessorFeatures());
  return failure();
}

/// Vectors and the widest exact int8 dot product that the features offer.
static TargetAttr describe(MLIRContext *context, const Triple &triple,
                           StringRef cpu, StringRef features,
                           const MCSubtargetInfo &subtarget) {
  auto has = [&](StringRef names) { return subtarget.checkFeatures(names); };
  unsigned bits = 128;
  unsigned registers = 16;
  DotKind dot = DotKind::None;
  if (triple.getArch() == Triple::x86_64) {
    if (has("+avx512f,+avx512vl,+avx512bw")) {
      bits = 512;
      registers = 32;
    } else if (has("+avx2")) {
      bits = 256;
    }
    dot = has("+avx512vnni") || has("+avxvnni") ? DotKind::VPDPBUSD
                                                : DotKind::VPMADDWD;
  } else if (triple.isAArch64()) {
    registers = 32;
    if (has("+i8mm"))
      dot = DotKind::SMMLA;
    else
      dot = has("+dotprod") ? DotKind::SDOT : DotKind::SMULL;
  }
  return TargetAttr::get(context, StringAttr::get(context, triple.str()),
                         StringAttr::get(context, cpu),
                         StringAttr::get(context, features), bits, registers,
                         dot);
}

FailureOr<TargetAttr> nnq::makeTarget(MLIRContext *context,
                                      const TargetSpec &spec,
                                      EmitError emitError) {
  initializeTargets();
  // A module that is in the LLVM dialect already has not loaded ours.
  context->loadDialect<NNQDialect>();
  Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string cpu = spec.cpu;
  SmallVector<std::string> features;

  // The short name gives a base that the other options override.
  SmallVector<StringRef> parts;
  StringRef(spec.shortName).split(parts, '+');
  StringRef base = parts.front();
  bool native = base == "native" || (base.empty() && spec.triple.empty());
  if (native) {
    if (cpu.empty() && spec.triple.empty()) {
      cpu = llvm::sys::getHostCPUName();
      // A cpu newer than this LLVM is what its features say.
      if (cpu == "generic")
        cpu = genericCPU(triple);
      features = hostFeatures(triple, cpu);
    } else if (spec.triple.empty()) {
      if (std::optional<Triple> found = findTripleOfCPU(cpu))
        triple = *found;
    }
  } else if (auto architecture = findArchitecture(base)) {
    triple = architecture->first;
    if (cpu.empty())
      cpu = architecture->second;
  } else if (!base.empty()) {
    std::optional<Triple> found = findTripleOfCPU(base);
    if (!found && spec.triple.empty()) {
      InFlightDiagnostic diag = emitError();
      diag << "unknown target '" << base
           << "': neither an architecture (x86-64, aarch64) nor a cpu";
      if (auto subtarget = createSubtarget(triple))
        suggest(diag, base, subtarget->getAllProcessorDescriptions());
      return failure();
    }
    if (found)
      triple = *found;
    if (cpu.empty())
      cpu = base;
  }

  if (!spec.triple.empty()) {
    triple = Triple(Triple::normalize(spec.triple));
    if (cpu.empty())
      cpu = genericCPU(triple);
  }
  std::unique_ptr<MCSubtargetInfo> table = createSubtarget(triple);
  if (!table)
    return emitError() << "unknown triple '" << spec.triple
                       << "'; an example is 'x86_64-unknown-linux-gnu'";
  if (!table->isCPUStringValid(cpu)) {
    InFlightDiagnostic diag = emitError();
    diag << "unknown cpu '" << cpu << "' for " << triple.getArchName();
    suggest(diag, cpu, table->getAllProcessorDescriptions());
    return failure();
  }

  for (StringRef part : ArrayRef(parts).drop_front())
    features.push_back(("+" + part).str());
  SmallVector<StringRef> extra;
  StringRef(spec.features).split(extra, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : extra)
    features.push_back(feature.trim().str());
  for (StringRef feature : features)
    if (failed(checkFeature(*table, feature, triple, emitError)))
      return failure();
  // Every core with smmla has sdot too, which kernels of one row use; LLVM
  // does not imply the one by the other.
  if (triple.isAArch64() && llvm::is_contained(features, "+i8mm") &&
      !llvm::is_contained(features, "-dotprod") &&
      !llvm::is_contained(features, "+dotprod"))
    features.push_back("+dotprod");

  std::string joined = llvm::join(features, ",");
  return describe(context, triple, cpu, joined,
                  *createSubtarget(triple, cpu, joined));
}

TargetAttr nnq::findTarget(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  return module ? module->getAttrOfType<TargetAttr>(kTargetAttr) : TargetAttr();
}

FailureOr<TargetAttr> nnq::findTargetOrHost(ModuleOp module) {
  if (TargetAttr target = findTarget(module))
    return target;
  return makeTarget(module.getContext(), {},
                    [&] { return module.emitError(); });
}

TargetAttr nnq::getRequiredTarget(ModuleOp module) {
  auto target = module->getAttrOfType<TargetAttr>(kTargetAttr);
  if (!target)
    module.emitError() << "module has no '" << kTargetAttr
                       << "'; run --nnq-set-target first";
  return target;
}

int64_t nnq::getRegisterWidth(TargetAttr target) {
  return std::max<int64_t>(target.getVectorBits() / 32, 1);
}

/// True for x86 with `features`.
static bool hasX86Features(TargetAttr target, StringRef features) {
  initializeTargets();
  Triple triple(target.getTriple().getValue());
  if (triple.getArch() != Triple::x86_64)
    return false;
  // Cost models ask for each layer that they look at.
  static llvm::sys::Mutex mutex;
  static llvm::StringMap<bool> known;
  std::lock_guard<llvm::sys::Mutex> lock(mutex);
  std::string key =
      llvm::join(ArrayRef<StringRef>{target.getTriple().getValue(),
                                     target.getCpu().getValue(),
                                     target.getFeatures().getValue(), features},
                 "|");
  auto [entry, isNew] = known.try_emplace(key, false);
  if (isNew)
    if (auto subtarget = createSubtarget(triple, target.getCpu().getValue(),
                                         target.getFeatures().getValue()))
      entry->second = subtarget->checkFeatures(features);
  return entry->second;
}

bool nnq::hasFusedMultiplyAdd(TargetAttr target) {
  return Triple(target.getTriple().getValue()).isAArch64() ||
         hasX86Features(target, "+fma");
}

bool nnq::hasTwoWideUnits(TargetAttr target) {
  if (target.getVectorBits() < 512)
    return false;
  // Cores of servers, and from Sapphire Rapids and Zen 5 on all that have both
  // extensions; what scheduling models of LLVM say of them differs.
  static constexpr StringRef names[] = {"skylake-avx512", "skx", "cascadelake",
                                        "cooperlake", "icelake-server"};
  return llvm::is_contained(names, target.getCpu().getValue()) ||
         hasX86Features(target, "+avx512vnni,+avxvnni");
}

bool nnq::multipliesMatrices(TargetAttr target) {
  return target.getDot() == DotKind::VPDPBUSD &&
         target.getVectorBits() >= 512 && hasX86Features(target, "+amx-int8");
}

bool nnq::permutesBytes(TargetAttr target) {
  return target.getVectorBits() >= 512 && hasX86Features(target, "+avx512vbmi");
}

bool nnq::runsOnHost(TargetAttr target) {
  return runsOnHost(target.getTriple(), target.getCpu(), target.getFeatures());
}

bool nnq::runsOnHost(StringRef tripleName, StringRef cpu, StringRef features) {
  initializeTargets();
  Triple triple(tripleName);
  Triple host(llvm::sys::getDefaultTargetTriple());
  if (triple.getArch() != host.getArch() || triple.getOS() != host.getOS())
    return false;
  auto subtarget = createSubtarget(triple, cpu, features);
  if (!subtarget)
    return false;
  // Features that tune or that the host query does not report are no obstacle.
  llvm::StringMap<bool> present = getHostFeatures();
  return llvm::all_of(subtarget->getEnabledProcessorFeatures(),
                      [&](const llvm::SubtargetFeatureKV &feature) {
                        auto it = present.find(feature.Key);
                        return it == present.end() || it->second ||
                               !isComputeFeature(triple, feature.Key);
                      });
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
nnq::createTargetMachine(TargetAttr target, llvm::CodeGenOptLevel level) {
  initializeTargets();
  Triple triple(target.getTriple().getValue());
  std::string error;
  const Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return llvm::createStringError("unknown triple '%s'", triple.str().c_str());
  llvm::TargetOptions options;
  // Sections of their own let the linker drop what nothing refers to.
  options.FunctionSections = true;
  options.DataSections = true;
  // Loaders run constructors from nothing else.
  options.UseInitArray = true;
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, target.getCpu().getValue(), target.getFeatures().getValue(),
      options, llvm::Reloc::PIC_, std::nullopt, level));
  if (!machine)
    return llvm::createStringError("no code generator for '%s'",
                                   triple.str().c_str());
  return machine;
}
