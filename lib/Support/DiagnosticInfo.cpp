//===- DiagnosticInfo.cpp - What programs read of diagnostics -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/DiagnosticInfo.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

void nnq::setInfo(Diagnostic &diag, StringRef key, StringRef value) {
  Builder b(diag.getLocation().getContext());
  // Attributes are the only arguments that live as long as the context.
  diag.getMetadata().push_back(DiagnosticArgument(
      b.getDictionaryAttr(b.getNamedAttr(key, b.getStringAttr(value)))));
}

StringRef nnq::getInfo(Diagnostic &diag, StringRef key) {
  for (const DiagnosticArgument &argument : diag.getMetadata())
    if (argument.getKind() ==
        DiagnosticArgument::DiagnosticArgumentKind::Attribute)
      if (auto info = dyn_cast<DictionaryAttr>(argument.getAsAttribute()))
        if (auto value = info.getAs<StringAttr>(key))
          return value;
  return "";
}
