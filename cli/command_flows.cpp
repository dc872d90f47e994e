// espalier flows: raw flows on raw links.

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/flow_cases.hpp"
#include "cli/json_input.hpp"
#include "cli/settings.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace {

constexpr std::array flows_options{
    Option{"network", 'n', "MODEL", "flow (default), ideal or packet"},
    Option{"set", 0, "PATH=VALUE", "another value: cases[0].flows[1].size_bytes=1000"},
    Option{"output", 'o', "FILE", "write there instead of to standard output"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> flows_words{"cases"};

}  // namespace

const Command flows_command{
    .name = "flows",
    .summary = "run raw flows on raw links: JSON in, completion times out",
    .usage = "espalier flows CASES.json [options]",
    .examples =
        "espalier flows configs/flows/parking-lot.json\n"
        "espalier flows configs/flows/parking-lot.json --network ideal -o done.json",
    .options = flows_options,
    .positional = flows_words,
};

namespace {

/// Puts a value at a path as errors spell it: "cases[0].flows[1].size_bytes".
void apply(const Setting& setting, nlohmann::ordered_json& document) {
  std::string pointer = "/";
  for (const char letter : setting.key) {
    if (letter != ']') {
      pointer += letter == '.' || letter == '[' ? '/' : letter;
    }
  }
  try {
    document.at(nlohmann::ordered_json::json_pointer{pointer}) =
        nlohmann::ordered_json::parse(setting.value);
  } catch (const nlohmann::ordered_json::parse_error&) {
    throw sim::Error{setting.label(),
                     fmt::format("expected a JSON value, got '{}'", setting.value)};
  } catch (const nlohmann::ordered_json::exception&) {
    throw sim::Error{setting.label(),
                     "there is no such value\n  hint: cases[0].flows[1].size_bytes=1000"};
  }
}

}  // namespace

int run_flows(const Arguments& arguments) {
  const std::string path = arguments.at("cases");
  auto model = sim::NetworkModel::flow;
  if (const auto name = arguments.find("network")) {
    model = static_cast<sim::NetworkModel>(sim::ConfigNode::scalar("--network", *name)
                                               .choice(sim::network_model_names, "network model"));
  }
  constexpr std::size_t most = std::size_t{1} << 30;
  const JsonSource source{path, sim::read_text_file(path, most)};
  nlohmann::ordered_json document = parse_json(source);
  for (const Setting& setting : settings(arguments)) {
    apply(setting, document);
  }
  const std::string out = run_flow_cases(source, std::move(document), model).dump(1) + "\n";
  if (const auto target = arguments.find("output")) {
    write_file_atomically(*target, out);
  } else {
    fmt::print("{}", out);
  }
  return 0;
}

}  // namespace cli
