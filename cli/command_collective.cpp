// espalier collective and espalier run: compare algorithms for one collective on one network.

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/compare.hpp"
#include "cli/plot.hpp"
#include "cli/process.hpp"
#include "cli/result_csv.hpp"
#include "cli/result_json.hpp"
#include "cli/result_table.hpp"
#include "cli/run_training.hpp"
#include "cli/scenario.hpp"
#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "cli/training_scenario.hpp"
#include "cli/variants.hpp"
#include "sim/error.hpp"

namespace cli {

namespace {

constexpr std::array collective_options{
    Option{"topology", 't', "TOPOLOGY", "short form (torus:8x8), YAML or GraphML file"},
    Option{"link", 0, "BANDWIDTH,LATENCY", "of every link: 16GB/s,150ns"},
    Option{"collective", 'c', "NAME", "all-reduce (default), all-gather, all-to-all, ..."},
    Option{"algorithms", 'a', "LIST", "names with commas, or all (default): those that fit"},
    Option{"sizes", 's', "LIST", "32KiB..1GiB doubles; commas make lists (64MiB)"},
    Option{"network", 'n', "MODEL", "flow (default), ideal or packet"},
    Option{"routing", 0, "NAME",
           "auto (default), shortest, dimension-order, ecmp,\n                               "
           "split, adaptive, valiant, source"},
    Option{"group", 0, "GPUS", "0..15 or 0,2,5..9; all by default"},
    Option{"root", 0, "RANK", "of broadcast, reduce, gather, scatter, star (0)"},
    Option{"channels", 0, "N", "parallel instances of the algorithm"},
    Option{"pieces", 0, "N", "of a pipelined algorithm"},
    Option{"nic", 0, "KIND", "plain (default), table: by time steps, or multitree: in lockstep"},
    Option{"flow-control", 0, "KIND", "of packets: a head per packet (default), or per message"},
    Option{"message-latency", 0, "TIME", "software time before each message (0)"},
    Option{"reduction", 0, "BANDWIDTH", "of each GPU's local reduction (free)"},
    Option{"profile", 0, "FILE", "what messages cost; with it, nccl is an algorithm"},
    Option{"seed", 0, "N", "of ECMP's hash (1)"},
    Option{"set", 0, "KEY=VALUE", "any other key of a scenario: multitree.order=ascending"},
    Option{"links", 0, "", "also print bytes and busy time per link"},
    Option{"json", 0, "", "print JSON"},
    Option{"csv", 0, "", "print CSV"},
    Option{"output", 'o', "DIR", "also write tables, plots and link pictures there"},
    Option{"help", 'h', "", "show this"},
};

}  // namespace

const Command collective_command{
    .name = "collective",
    .summary = "compare the algorithms of one collective on one network",
    .usage = "espalier collective --topology TOPOLOGY [options]",
    .examples =
        "espalier collective --topology torus:8x8 --link 16GB/s,150ns \\\n"
        "    --algorithms ring,ring2d,multitree --sizes 32KiB..1GiB\n"
        "espalier collective --topology configs/topologies/dgx-h100-64.yaml --sizes 1MiB --json\n"
        "espalier collective --topology fat-tree:16x8 --collective all-to-all --routing ecmp",
    .options = collective_options,
    .positional = {},
};

namespace {

constexpr std::array run_options{
    Option{"set", 0, "KEY=VALUE", "overrides a key of the scenario: sizes=1MiB"},
    Option{"trace", 0, "FILE", "of a training step: a timeline for ui.perfetto.dev"},
    Option{"links", 0, "", "also print bytes and busy time per link"},
    Option{"json", 0, "", "print JSON"},
    Option{"csv", 0, "", "print CSV"},
    Option{"output", 'o', "DIR", "also write tables, plots and link pictures there"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> run_words{"scenario"};

}  // namespace

const Command run_command{
    .name = "run",
    .summary = "simulate a scenario file: collectives, or a training step",
    .usage = "espalier run SCENARIO.yaml [options]",
    .examples =
        "espalier run configs/demo/torus-8x8.yaml\n"
        "espalier run configs/demo/dgx-h100-64.yaml --set sizes=1MiB..1GiB -o out\n"
        "espalier run configs/scenarios/training/gpt3-175b-1024.yaml --trace step.json",
    .options = run_options,
    .positional = run_words,
};

namespace {

/// Fails before the run, not after it, if its results could not be written.
void prepare_output(const std::string& directory) {
  if (directory.empty()) {
    throw sim::Error{std::string{"--output"}, "expected a directory, found nothing"};
  }
  using Tool = std::pair<std::string_view, std::string_view>;
  for (const auto& [program, package] : {Tool{"gnuplot", "gnuplot-nox"}, Tool{"dot", "graphviz"}}) {
    if (!is_installed(program)) {
      throw sim::Failure{
          fmt::format("--output draws with '{}', which is not installed: apt-get install {}",
                      program, package)};
    }
  }
  make_directory(directory);
}

void write_results(const Comparison& comparison, const std::string& directory) {
  const std::filesystem::path path{directory};
  write_file_atomically(path / "results.json", to_json(comparison, Links::listed));
  write_file_atomically(path / "results.csv", to_csv(comparison));
  write_file_atomically(path / "links.csv", links_to_csv(comparison));
  write_plots(comparison, path);
}

/// Prints what `compare_all` finds, in the form asked for, and writes it where asked to.
template <class CompareAll>
Comparison report(const Arguments& arguments, CompareAll compare_all) {
  if (arguments.has("json") && arguments.has("csv")) {
    throw sim::Error{std::string{"espalier"}, "--json and --csv exclude each other"};
  }
  if (const auto directory = arguments.find("output")) {
    prepare_output(*directory);
  }
  Progress progress{"simulating"};
  Comparison comparison =
      compare_all([&](std::size_t done, std::size_t total) { progress.update(done, total); });
  progress.finish();
  const bool links = arguments.has("links");
  if (arguments.has("json")) {
    fmt::print("{}", to_json(comparison, links ? Links::listed : Links::left_out));
  } else if (arguments.has("csv")) {
    fmt::print("{}", links ? links_to_csv(comparison) : to_csv(comparison));
  } else {
    fmt::print("{}", render_table(comparison, stdout_style()));
    if (links) {
      fmt::print("\n{}", render_links(comparison));
    }
  }
  if (const auto directory = arguments.find("output")) {
    write_results(comparison, *directory);
    if (!arguments.has("json") && !arguments.has("csv")) {
      fmt::print("\ntables and pictures are in {}\n", *directory);
    }
  }
  return comparison;
}

int report(const Scenario& scenario, const Arguments& arguments) {
  const Comparison comparison =
      report(arguments, [&](const auto& on_row) { return compare(scenario, on_row); });
  if (const auto directory = arguments.find("output")) {
    write_link_pictures(scenario.topology, comparison, *directory);
  }
  return 0;
}

}  // namespace

int run_collective(const Arguments& arguments) {
  // An option and the key of the scenario that it sets.
  using Key = std::pair<std::string_view, std::string_view>;
  constexpr std::array keys{Key{"topology", "topology"},
                            Key{"link", "link"},
                            Key{"collective", "collective"},
                            Key{"algorithms", "algorithms"},
                            Key{"sizes", "sizes"},
                            Key{"network", "network"},
                            Key{"routing", "routing"},
                            Key{"group", "group"},
                            Key{"root", "root"},
                            Key{"channels", "channels"},
                            Key{"pieces", "pieces"},
                            Key{"nic", "nic.kind"},
                            Key{"flow-control", "packet.flow_control"},
                            Key{"message-latency", "message_latency"},
                            Key{"reduction", "reduction"},
                            Key{"profile", "profile"},
                            Key{"seed", "seed"}};
  if (!arguments.has("topology")) {
    throw sim::Error{std::string{"espalier collective"},
                     "missing --topology\n  hint: --topology torus:8x8, or a YAML file"};
  }
  sim::ConfigNode node = sim::ConfigNode::parse("options", "{}");
  for (const auto& [option, key] : keys) {
    if (const auto value = arguments.find(option)) {
      node = node.with(key, sim::ConfigNode::scalar(fmt::format("--{}", option), *value));
    }
  }
  return report(read_scenario(scenario_with_settings(std::move(node), arguments, ""), ""),
                arguments);
}

int run_scenario(const Arguments& arguments) {
  const std::string file = arguments.at("scenario");
  const std::string directory = std::filesystem::path{file}.parent_path().string();
  const sim::ConfigNode node =
      scenario_with_settings(sim::ConfigNode::load(file), arguments, directory);
  if (is_training(node)) {
    return run_training(node, directory, arguments);
  }
  if (arguments.has("trace")) {
    throw sim::Error{std::string{"--trace"}, "is for training steps: scenarios with a 'model'"};
  }
  const std::vector<Variant> variants = read_variants(node, directory);
  if (variants.empty()) {
    return report(read_scenario(node, directory), arguments);
  }
  report(arguments, [&](const auto& on_row) { return compare(variants, on_row); });
  return 0;
}

}  // namespace cli
