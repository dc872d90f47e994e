#include "cli/scenario.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/number_types.hpp"
#include "cli/packet_scenario.hpp"
#include "cli/size_list.hpp"
#include "cli/topology_key.hpp"
#include "sim/text_list.hpp"
#include "topology/graphml.hpp"
#include "workloads/library_collective.hpp"

namespace cli {
namespace {

constexpr std::array<std::string_view, 23> scenario_keys{
    "topology",  "changes",         "link",      "collective", "algorithms", "sizes",
    "network",   "routing",         "group",     "root",       "channels",   "pieces",
    "multitree", "message_latency", "reduction", "seed",       "packet",     "nic",
    "phases",    "variants",        "profile",   "dtype",      "gpu"};

/// The value under `key`, or the first choice.
template <std::size_t n>
std::size_t choice_or_first(const sim::ConfigNode& node, std::string_view key,
                            const std::array<std::string_view, n>& choices, std::string_view what) {
  const auto found = node.find(key);
  return found ? found->choice(choices, what) : 0;
}

std::vector<const collectives::Algorithm*> read_algorithms(const sim::ConfigNode& node,
                                                           const Scenario& scenario) {
  std::vector<const collectives::Algorithm*> chosen;
  const auto add = [&](const sim::ConfigNode& name) {
    if (name.text() == library_choice().name) {
      if (!scenario.profile) {
        name.fail("'nccl' needs a profile", "profile: configs/profiles/h100.yaml, or --profile");
      }
      chosen.push_back(&library_choice());
      return;
    }
    const auto& algorithm = collectives::find_algorithm(scenario.collective, name);
    if (const auto reason = collectives::misfit(algorithm, scenario.topology, scenario.group)) {
      name.fail(fmt::format("'{}' does not fit this network: it {}", name.text(), *reason),
                fmt::format("the network is a {}", scenario.topology.summary()));
    }
    chosen.push_back(&algorithm);
  };
  if (node.is_list()) {
    std::ranges::for_each(node.items(), add);
  } else if (node.text() != "all") {
    const std::string names = node.text();
    for (const std::string_view name : sim::split(names, ',')) {
      add(node.part(std::string{name}));
    }
  } else {
    for (const auto& algorithm : collectives::algorithms()) {
      if (algorithm.collective == scenario.collective &&
          !collectives::misfit(algorithm, scenario.topology, scenario.group)) {
        chosen.push_back(&algorithm);
      }
    }
  }
  if (chosen.empty()) {
    node.fail("expected at least one algorithm");
  }
  return chosen;
}

/// The one that `gpu` names, which a profile with a single GPU does not need.
calibration::GpuProfile& gpu_of(calibration::Profile& profile, const sim::ConfigNode& node,
                                const sim::ConfigNode& name) {
  std::vector<std::string_view> names;
  for (const calibration::GpuProfile& each : profile.gpus) {
    names.push_back(each.gpu);
  }
  if (const auto gpu = node.find("gpu")) {
    return profile.gpus.at(gpu->choice(names, "GPU of the profile"));
  }
  if (names.size() > 1) {
    name.fail(fmt::format("the profile is of several GPUs: {}", fmt::join(names, ", ")),
              fmt::format("gpu: {}", names.front()));
  }
  return profile.gpus.front();
}

/// The profile under `profile`.
void read_profile_key(const sim::ConfigNode& node, const std::string& directory,
                      Scenario& scenario) {
  const auto name = node.find("profile");
  if (!name) {
    for (const char* const key : {"dtype", "gpu"}) {
      if (const auto said = node.find(key)) {
        said->fail("says nothing without a profile",
                   "profile: configs/profiles/h100.yaml, or --profile");
      }
    }
    return;
  }
  if (const auto dtype = node.find("dtype")) {
    const std::vector<std::string_view> names = number_type_names();
    scenario.number = find_number_type(names[dtype->choice(names, "type of number")])->adder;
  }
  std::filesystem::path path{name->text()};
  if (path.is_relative()) {
    path = std::filesystem::path{directory} / path;
  }
  if (!std::filesystem::exists(path)) {
    name->fail(fmt::format("there is no file '{}'", path.string()));
  }
  calibration::Profile profile =
      calibration::read_profile(sim::ConfigNode::load(path.lexically_normal().string()));
  scenario.profile = std::move(gpu_of(profile, node, *name));
  scenario.profile_name = fmt::format("{} ({})", scenario.profile->gpu, name->text());
  if (!scenario.profile->collectives) {
    name->fail(fmt::format("the profile of '{}' has no collectives", scenario.profile->gpu));
  }
  if (!workloads::operation_of(scenario.collective)) {
    name->fail(
        fmt::format("a profile knows no costs of '{}'", collectives::name_of(scenario.collective)));
  }
}

void read_request(const sim::ConfigNode& node, Scenario& scenario) {
  collectives::Request& request = scenario.request;
  request.collective = scenario.collective;
  if (const auto channels = node.find("channels")) {
    request.channels = static_cast<std::int32_t>(channels->integer(0, collectives::channels_max));
  }
  if (const auto pieces = node.find("pieces")) {
    request.pieces = static_cast<std::int32_t>(pieces->integer(0, collectives::pieces_max));
  }
  if (const auto root = node.find("root")) {
    request.root =
        collectives::Rank{static_cast<std::int32_t>(root->integer(0, scenario.group.size() - 1))};
  }
  if (const auto phases = node.find("phases")) {
    request.phases =
        static_cast<collectives::Phases>(phases->choice(collectives::phases_names, "phases"));
  }
  if (const auto multitree = node.find("multitree")) {
    multitree->expect_keys({"order", "interfaces", "routes"});
    if (const auto routes = multitree->find("routes")) {
      request.tree_routes = static_cast<collectives::TreeRoutes>(
          routes->choice(collectives::tree_routes_names, "way to route trees"));
    }
    request.tree_order = static_cast<collectives::TreeOrder>(
        choice_or_first(*multitree, "order", collectives::tree_order_names, "order of trees"));
    if (const auto interfaces = multitree->find("interfaces")) {
      request.interfaces = static_cast<std::int32_t>(interfaces->integer(0, 1024));
    }
  }
}

collectives::Reduction read_reduction(const sim::ConfigNode& node) {
  if (!node.is_map()) {
    return {.bandwidth = node.bandwidth()};
  }
  node.expect_keys({"bandwidth", "granule", "start"});
  collectives::Reduction reduction{.bandwidth = node.at("bandwidth").bandwidth()};
  if (const auto granule = node.find("granule")) {
    reduction.granule = granule->bytes();
    if (reduction.granule == sim::Bytes{0}) {
      granule->fail("expected at least a byte");
    }
  }
  if (const auto start = node.find("start")) {
    reduction.start = start->duration();
  }
  return reduction;
}

void read_nic(const sim::ConfigNode& node, collectives::ExecuteOptions& execute) {
  node.expect_keys({"kind", "slack"});
  execute.nic =
      static_cast<collectives::Nic>(node.at("kind").choice(collectives::nic_names, "NIC"));
  if (const auto slack = node.find("slack")) {
    constexpr std::int64_t slack_max = 1'000'000;
    execute.nic_slack = static_cast<std::int32_t>(slack->integer(0, slack_max));
  }
}

/// Where every packet goes its own way, none may have to follow another one.
void check_order(const sim::ConfigNode& routing, const sim::PacketOptions& packet) {
  const auto refuse = [&](bool holds, std::string_view what, std::string_view hint) {
    if (holds) {
      routing.fail(fmt::format("packets overtake each other with '{}', which {} does not allow",
                               routing.text(), what),
                   hint);
    }
  };
  const bool ethernet = packet.switching == sim::Switching::ethernet;
  refuse(ethernet && packet.ethernet.loss == sim::Loss::drop, "'packet.loss: drop'",
         "senders go back to what is missing; take 'loss: pause'");
  refuse(packet.flow_control == sim::FlowControl::message, "'packet.flow_control: message'",
         "packets without a head follow the first one; take 'flow_control: packet'");
  refuse(packet.nic_queue > 0, "'packet.queue'", "take 'queue: 0'");
}

void read_execution(const sim::ConfigNode& node, Scenario& scenario) {
  collectives::ExecuteOptions& execute = scenario.execute;
  execute.network = sim::NetworkModel::flow;
  if (const auto network = node.find("network")) {
    execute.network =
        static_cast<sim::NetworkModel>(network->choice(sim::network_model_names, "network model"));
  }
  if (const auto routing = node.find("routing")) {
    execute.routing =
        static_cast<topology::Routing>(routing->choice(topology::routing_names, "routing"));
    if (execute.routing == topology::Routing::dimension_order && !scenario.topology.lattice()) {
      routing->fail("dimension-order routing needs a torus or a mesh",
                    fmt::format("the network is a {}", scenario.topology.summary()));
    }
  }
  if (const auto nic = node.find("nic")) {
    read_nic(*nic, execute);
  }
  if (const auto packet = node.find("packet")) {
    execute.packet = read_packet(*packet);
  }
  if (topology::forks(execute.routing) && execute.network == sim::NetworkModel::packet) {
    check_order(node.at("routing"), execute.packet);
  }
  if (const auto seed = node.find("seed")) {
    execute.seed =
        static_cast<std::uint64_t>(seed->integer(0, std::numeric_limits<std::int64_t>::max()));
  }
  if (const auto latency = node.find("message_latency")) {
    execute.message_latency = latency->duration();
  }
  if (const auto reduction = node.find("reduction")) {
    execute.reduction = read_reduction(*reduction);
  }
}

}  // namespace

const collectives::Algorithm& library_choice() {
  static const collectives::Algorithm choice{
      "nccl", "", {}, nullptr, nullptr, "what the library takes, by the profile"};
  return choice;
}

std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:016x}", hash);
}

Scenario read_scenario(const sim::ConfigNode& node, const std::string& directory) {
  node.expect_keys(scenario_keys);
  Scenario scenario{
      .topology_name = topology_name(node.at("topology"), directory),
      .topology = read_topology(node, directory),
      .group = {},
      .collective = {},
      .algorithms = {},
      .sizes = {},
      .request = {},
      .execute = {},
      .profile = {},
      .profile_name = {},
      .number = {},
      .hash = {},
  };
  const auto group = node.find("group");
  scenario.group = group ? collectives::read_group(scenario.topology, *group)
                         : collectives::whole_group(scenario.topology);
  if (const auto collective = node.find("collective")) {
    scenario.collective = static_cast<collectives::Collective>(
        collective->choice(collectives::collective_names(), "collective"));
  }
  read_profile_key(node, directory, scenario);
  read_request(node, scenario);
  read_execution(node, scenario);
  const auto algorithms = node.find("algorithms");
  scenario.algorithms = read_algorithms(
      algorithms ? *algorithms : sim::ConfigNode::scalar("--algorithms", "all"), scenario);
  const auto sizes = node.find("sizes");
  scenario.sizes = read_sizes(sizes ? *sizes : sim::ConfigNode::scalar("--sizes", usual_size));
  scenario.hash =
      hash_of(node.canonical() + topology::write_graphml(scenario.topology) +
              (scenario.profile ? calibration::to_yaml({{*scenario.profile}}) : std::string{}));
  return scenario;
}

}  // namespace cli
