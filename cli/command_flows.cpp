// espalier flows: raw flows on raw links.

#include <array>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/flow_cases.hpp"
#include "sim/config.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace {

constexpr std::array flows_options{
    Option{"network", 'n', "MODEL", "flow (default) or ideal"},
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

int run_flows(const Arguments& arguments) {
  const std::string path = arguments.at("cases");
  auto model = sim::NetworkModel::flow;
  if (const auto name = arguments.find("network")) {
    model = static_cast<sim::NetworkModel>(sim::ConfigNode::scalar("--network", *name)
                                               .choice(sim::network_model_names, "network model"));
  }
  constexpr std::size_t most = std::size_t{1} << 30;
  const std::string text = sim::read_text_file(path, most);
  const std::string out = run_flow_cases(path, text, model).dump(1) + "\n";
  if (const auto target = arguments.find("output")) {
    write_file_atomically(*target, out);
  } else {
    fmt::print("{}", out);
  }
  return 0;
}

}  // namespace cli
