//===- Network.cpp - A network as MLIR ------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Network.h"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

namespace nb = nanobind;
using namespace nnq::python;

using NetworkPtr = std::unique_ptr<Network>;
using Printer = bool (*)(NnqNetwork, NnqWriteCallback, void *);

Network::~Network() {
  context->runQuietly([&] { nnqNetworkDestroy(handle); });
}

template <typename Make>
static NetworkPtr make(const ContextPtr &context, const char *what,
                       Make &&function) {
  NnqNetwork handle = nullptr;
  context->run(what, nb::handle(), [&] {
    handle = function();
    return handle != nullptr;
  });
  return std::make_unique<Network>(context, handle);
}

static NetworkPtr parse(const ContextPtr &context, nb::bytes data,
                        const char *name) {
  return make(context, "read the network", [&] {
    return nnqNetworkParse(context->get(), data.c_str(), data.size(), name);
  });
}

static NetworkPtr parseFile(const ContextPtr &context, const char *path) {
  return make(context, "read the network",
              [&] { return nnqNetworkParseFile(context->get(), path); });
}

/// Clones first: a network whose pipeline failed is good for nothing.
static NetworkPtr runPipeline(const Network &network, const char *pipeline,
                              nb::handle progress) {
  NetworkPtr result = make(network.getContext(), "copy the network",
                           [&] { return nnqNetworkClone(network.get()); });
  network.getContext()->run("run the pipeline", progress, [&] {
    return nnqNetworkRun(result->get(), pipeline);
  });
  return result;
}

static std::string print(const Network &network, Printer printer,
                         const char *what) {
  std::string text;
  network.getContext()->run(what, nb::handle(), [&] {
    return printer(network.get(), appendTo, &text);
  });
  return text;
}

static bool printText(NnqNetwork network, NnqWriteCallback write, void *text) {
  return nnqNetworkPrint(network, /*elideConstants=*/false, write, text);
}

static bool printElided(NnqNetwork network, NnqWriteCallback write,
                        void *text) {
  return nnqNetworkPrint(network, /*elideConstants=*/true, write, text);
}

void nnq::python::bindNetwork(nb::module_ &module) {
  nb::class_<Network>(module, "Network", "A network as MLIR; never changes.")
      .def_static("parse", &parse, nb::arg("context"), nb::arg("data"),
                  nb::arg("name"), "Read MLIR text or bytecode.")
      .def_static("parse_file", &parseFile, nb::arg("context"), nb::arg("path"),
                  "Read a file of MLIR text or bytecode.")
      .def("run", &runPipeline, nb::arg("pipeline"),
           nb::arg("progress") = nb::none(),
           "Return what a textual pipeline makes of the network.")
      .def(
          "text",
          [](const Network &self, bool elide) {
            return print(self, elide ? printElided : printText,
                         "print the network");
          },
          nb::arg("elide"), "Return MLIR text, without constants on request.")
      .def(
          "bytecode",
          [](const Network &self) {
            std::string data =
                print(self, nnqNetworkPrintBytecode, "write bytecode");
            return nb::bytes(data.data(), data.size());
          },
          "Return MLIR bytecode.")
      .def(
          "describe",
          [](const Network &self) {
            return print(self, nnqNetworkDescribe, "describe the network");
          },
          "Return the entry points as JSON.")
      .def(
          "header",
          [](const Network &self) {
            return print(self, nnqNetworkPrintHeader, "write a header");
          },
          "Return a C header of a lowered network.")
      .def(
          "write",
          [](const Network &self, const char *path, const char *kind, int level,
             nb::handle progress) {
            self.getContext()->run("write the network", progress, [&] {
              return nnqNetworkWrite(self.get(), path, kind, level);
            });
          },
          nb::arg("path"), nb::arg("kind"), nb::arg("level") = 3,
          nb::arg("progress") = nb::none(),
          "Write a lowered network: so, o, s or ll.");
}
