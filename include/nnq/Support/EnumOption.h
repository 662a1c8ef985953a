//===- EnumOption.h - Options with a fixed set of values ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_ENUMOPTION_H
#define NNQ_SUPPORT_ENUMOPTION_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"

namespace nnq {

/// Parser of an enum-valued option. Unlike the default one it names the values
/// that are allowed when it meets another. Make it the parser of an enum by
/// specializing `llvm::cl::parser`, see NNQ_ENUM_OPTION.
template <typename T>
class EnumOptionParser : public llvm::cl::generic_parser_base {
protected:
  struct OptionInfo : public GenericOptionInfo {
    OptionInfo(llvm::StringRef name, T value, llvm::StringRef help)
        : GenericOptionInfo(name, help), V(value) {}
    llvm::cl::OptionValue<T> V;
  };
  // MLIR reads this member to print the value of a pass option.
  llvm::SmallVector<OptionInfo, 4> Values;

public:
  using parser_data_type = T;

  explicit EnumOptionParser(llvm::cl::Option &option)
      : generic_parser_base(option) {}

  unsigned getNumOptions() const override { return Values.size(); }
  llvm::StringRef getOption(unsigned n) const override {
    return Values[n].Name;
  }
  llvm::StringRef getDescription(unsigned n) const override {
    return Values[n].HelpStr;
  }
  const llvm::cl::GenericOptionValue &
  getOptionValue(unsigned n) const override {
    return Values[n].V;
  }

  template <typename V>
  void addLiteralOption(llvm::StringRef name, const V &value,
                        llvm::StringRef help) {
    Values.push_back(OptionInfo(name, static_cast<T>(value), help));
  }

  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef arg,
             T &value) {
    for (const OptionInfo &info : Values) {
      if (info.Name != arg)
        continue;
      value = info.V.getValue();
      return false;
    }
    std::string names = llvm::join(
        llvm::map_range(Values,
                        [](const OptionInfo &info) { return info.Name; }),
        ", ");
    return option.error("unknown value '" + arg +
                        "', expected one of: " + names);
  }
};

} // namespace nnq

/// Use outside of any namespace.
#define NNQ_ENUM_OPTION(T)                                                     \
  template <>                                                                  \
  class llvm::cl::parser<T> : public ::nnq::EnumOptionParser<T> {              \
  public:                                                                      \
    using EnumOptionParser::EnumOptionParser;                                  \
  };

#endif // NNQ_SUPPORT_ENUMOPTION_H
