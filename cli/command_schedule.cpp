// espalier schedule: look at a collective's schedule, and prove it.

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_document.hpp"
#include "cli/scenario.hpp"
#include "cli/settings.hpp"
#include "collectives/tree_growth.hpp"
#include "collectives/verify.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"

namespace cli {

namespace {

constexpr std::array schedule_options{
    Option{"topology", 't', "TOPOLOGY", "short form (torus:8x8), YAML or GraphML file"},
    Option{"link", 0, "BANDWIDTH,LATENCY", "of every link: 16GB/s,150ns"},
    Option{"collective", 'c', "NAME", "all-reduce (default), all-gather, ..."},
    Option{"algorithms", 'a', "LIST", "names with commas, or all (default): those that fit"},
    Option{"size", 's', "SIZE", "of the collective (64MiB)"},
    Option{"group", 0, "GPUS", "0..15 or 0,2,5..9; all by default"},
    Option{"root", 0, "RANK", "of collectives that have one (0)"},
    Option{"channels", 0, "N", "parallel instances of the algorithm"},
    Option{"pieces", 0, "N", "of a pipelined algorithm"},
    Option{"set", 0, "KEY=VALUE", "any other key of a scenario: multitree.order=ascending"},
    Option{"limit", 0, "N", "transfers to show (16)"},
    Option{"json", 0, "", "print JSON; show: every transfer"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> schedule_words{"action"};

}  // namespace

const Command schedule_command{
    .name = "schedule",
    .summary = "list the algorithms; show a schedule, or prove it right",
    .usage = "espalier schedule list|show|verify [--topology TOPOLOGY] [options]",
    .examples =
        "espalier schedule list\n"
        "espalier schedule show --topology torus:4x4 --algorithms multitree --limit 20\n"
        "espalier schedule verify --topology mesh:5x3",
    .options = schedule_options,
    .positional = schedule_words,
};

namespace {

/// Which scenario it is about.
nlohmann::ordered_json identity(const Scenario& scenario) {
  return {{"scenario_hash", scenario.hash}, {"topology", scenario.topology.summary()}};
}

int list_algorithms(const Arguments& arguments) {
  if (arguments.has("json")) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& algorithm : collectives::algorithms()) {
      list.push_back({{"collective", collectives::name_of(algorithm.collective)},
                      {"name", algorithm.name},
                      {"alias", algorithm.alias},
                      {"summary", algorithm.summary}});
    }
    fmt::print("{}", json_document({{"algorithms", list}}));
    return 0;
  }
  for (const auto& algorithm : collectives::algorithms()) {
    const std::string name = algorithm.alias.empty()
                                 ? std::string{algorithm.name}
                                 : fmt::format("{} ({})", algorithm.name, algorithm.alias);
    fmt::print("{:<14} {:<28} {}\n", collectives::name_of(algorithm.collective), name,
               algorithm.summary);
  }
  return 0;
}

Scenario scenario_of(const Arguments& arguments) {
  sim::ConfigNode node = sim::ConfigNode::parse("options", "{}");
  for (const std::string_view option :
       {"topology", "link", "collective", "algorithms", "group", "root", "channels", "pieces"}) {
    if (const auto value = arguments.find(option)) {
      node = node.with(option, sim::ConfigNode::scalar(fmt::format("--{}", option), *value));
    }
  }
  if (const auto size = arguments.find("size")) {
    node = node.with("sizes", sim::ConfigNode::scalar("--size", *size));
  }
  if (!arguments.has("topology")) {
    throw sim::Error{std::string{"espalier schedule"},
                     "missing --topology\n  hint: --topology torus:4x4, or a YAML file"};
  }
  Scenario scenario = read_scenario(scenario_with_settings(std::move(node), arguments, ""), "");
  if (scenario.sizes.size() > 1) {
    throw sim::Error{std::string{"--size"}, "expected one size, got several"};
  }
  return scenario;
}

collectives::Schedule build(const Scenario& scenario, const collectives::Algorithm& algorithm) {
  collectives::Request request = scenario.request;
  request.topology = &scenario.topology;
  request.group = &scenario.group;
  request.bytes = scenario.sizes.front();
  return algorithm.build(request);
}

std::string conditions(const collectives::Schedule& schedule, collectives::TransferId id) {
  std::string out;
  for (const auto& after : schedule.after(id)) {
    std::string lag;
    if (after.lag != 0) {
      lag = after.lag == collectives::lag_all ? " (all)" : fmt::format(" (-{})", after.lag);
    }
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ",
                       after.side == collectives::Side::receive ? "receiver " : "",
                       collectives::index(after.transfer), lag);
  }
  return out.empty() ? "-" : out;
}

void show(const Scenario& scenario, const collectives::Algorithm& algorithm, std::size_t limit) {
  const collectives::Schedule schedule = build(scenario, algorithm);
  fmt::print("{} {}: {} ranks, {} in {} chunks, {} transfers, {} messages\n",
             collectives::name_of(algorithm.collective), algorithm.name, schedule.ranks(),
             sim::to_text(schedule.layout().bytes), schedule.chunks(), schedule.transfers().size(),
             schedule.messages());
  if (algorithm.name == "multitree") {
    const auto trees =
        collectives::build_trees(scenario.topology, scenario.group, scenario.request.tree_order,
                                 scenario.request.interfaces);
    fmt::print("trees of {} steps per phase\n", trees.steps);
  }
  fmt::print("{:>8} {:>6} {:>6} {:<7} {:>8} {:>8} {:>7}  {}\n", "transfer", "from", "to", "",
             "messages", "chunks", "channel", "after");
  for (std::size_t t = 0; t < std::min(limit, schedule.transfers().size()); ++t) {
    const auto& transfer = schedule.transfers()[t];
    const auto chunks = transfer.chunks.at(0);
    fmt::print(
        "{:>8} {:>6} {:>6} {:<7} {:>8} {:>8} {:>7}  {}\n", t, collectives::index(transfer.from),
        collectives::index(transfer.to),
        transfer.combine == collectives::Combine::reduce ? "reduce" : "copy", transfer.messages,
        chunks.count == 1 ? fmt::format("{}", chunks.first)
                          : fmt::format("{}..{}", chunks.first, chunks.first + chunks.count - 1),
        transfer.channel,
        conditions(schedule, collectives::TransferId{static_cast<std::int32_t>(t)}));
  }
  if (schedule.transfers().size() > limit) {
    fmt::print("... and {} more (--limit {} shows all)\n", schedule.transfers().size() - limit,
               schedule.transfers().size());
  }
}

nlohmann::ordered_json to_json(const collectives::Schedule& schedule,
                               const collectives::Algorithm& algorithm) {
  nlohmann::ordered_json out;
  out["collective"] = collectives::name_of(schedule.collective());
  out["algorithm"] = algorithm.name;
  out["ranks"] = schedule.ranks();
  out["bytes"] = schedule.layout().bytes.count();
  out["chunks"] = schedule.chunks();
  out["messages"] = schedule.messages();
  auto& transfers = out["transfers"] = nlohmann::ordered_json::array();
  for (std::size_t t = 0; t < schedule.transfers().size(); ++t) {
    const auto& transfer = schedule.transfers()[t];
    const collectives::TransferId id{static_cast<std::int32_t>(t)};
    auto after = nlohmann::ordered_json::array();
    for (const auto& each : schedule.after(id)) {
      after.push_back({{"transfer", collectives::index(each.transfer)},
                       {"lag", each.lag == collectives::lag_all ? nlohmann::ordered_json("all")
                                                                : nlohmann::ordered_json(each.lag)},
                       {"side", each.side == collectives::Side::send ? "send" : "receive"}});
    }
    auto route = nlohmann::ordered_json::array();
    for (const auto link : schedule.route(id)) {
      route.push_back(topology::index(link));
    }
    transfers.push_back(
        {{"from", collectives::index(transfer.from)},
         {"to", collectives::index(transfer.to)},
         {"combine", transfer.combine == collectives::Combine::reduce ? "reduce" : "copy"},
         {"source", transfer.source == collectives::Source::input ? "input" : "buffer"},
         {"messages", transfer.messages},
         {"channel", transfer.channel},
         {"chunks",
          {{"base", transfer.chunks.base},
           {"start", transfer.chunks.start},
           {"stride", transfer.chunks.stride},
           {"modulus", transfer.chunks.modulus},
           {"width", transfer.chunks.width}}},
         {"after", after},
         {"route", route}});
  }
  return out;
}

/// The schedules of a scenario's algorithms.
void expect_schedules(const Scenario& scenario) {
  if (std::ranges::find(scenario.algorithms, &library_choice()) != scenario.algorithms.end()) {
    throw sim::Error{std::string{"--algorithms"},
                     "'nccl' is one algorithm at one size, and another one at the next"};
  }
}

int show_all(const Scenario& scenario, const Arguments& arguments) {
  if (arguments.has("json")) {
    auto schedules = nlohmann::ordered_json::array();
    for (const auto* algorithm : scenario.algorithms) {
      schedules.push_back(to_json(build(scenario, *algorithm), *algorithm));
    }
    nlohmann::ordered_json out = identity(scenario);
    out["schedules"] = std::move(schedules);
    fmt::print("{}", json_document(out));
    return 0;
  }
  const auto limit_text = arguments.find("limit").value_or("16");
  const auto limit = static_cast<std::size_t>(
      sim::ConfigNode::scalar("--limit", limit_text).integer(0, 1'000'000'000));
  for (const auto* algorithm : scenario.algorithms) {
    show(scenario, *algorithm, limit);
  }
  return 0;
}

int verify_all(const Scenario& scenario, const Arguments& arguments) {
  int wrong = 0;
  auto results = nlohmann::ordered_json::array();
  for (const auto* algorithm : scenario.algorithms) {
    const collectives::Schedule schedule = build(scenario, *algorithm);
    const auto problem = collectives::verify(schedule);
    wrong += problem ? 1 : 0;
    if (arguments.has("json")) {
      results.push_back({{"algorithm", algorithm->name},
                         {"messages", schedule.messages()},
                         {"ok", !problem.has_value()},
                         {"problem", problem.value_or("")}});
    } else {
      fmt::print("{:<20} {:>9} messages  {}\n", algorithm->name, schedule.messages(),
                 problem.value_or("proved right"));
    }
  }
  if (arguments.has("json")) {
    nlohmann::ordered_json out = identity(scenario);
    out["results"] = std::move(results);
    fmt::print("{}", json_document(out));
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int run_schedule(const Arguments& arguments) {
  constexpr std::array<std::string_view, 3> actions{"list", "show", "verify"};
  const auto action =
      sim::ConfigNode::scalar("espalier schedule", arguments.find("action").value_or("list"))
          .choice(actions, "action");
  if (action == 0) {
    return list_algorithms(arguments);
  }
  const Scenario scenario = scenario_of(arguments);
  expect_schedules(scenario);
  return action == 1 ? show_all(scenario, arguments) : verify_all(scenario, arguments);
}

}  // namespace cli
