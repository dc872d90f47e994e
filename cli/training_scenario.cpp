#include "cli/training_scenario.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/prices_key.hpp"
#include "cli/scenario.hpp"
#include "cli/shipped.hpp"
#include "cli/topology_key.hpp"
#include "sim/quantity_text.hpp"
#include "topology/graphml.hpp"
#include "workloads/datasheet_profile.hpp"
#include "workloads/model_file.hpp"

namespace cli {
namespace {

using workloads::Layout;
using workloads::PipelineKind;
using workloads::Software;
using workloads::Transformer;

constexpr std::int64_t sequence_most = std::int64_t{1} << 24;
constexpr std::int64_t gpus_most = std::int64_t{1} << 20;

/// What a scenario says, and files of which it gives the names, are added to `text`: they make it
/// what it is.
Transformer read_model_key(const sim::ConfigNode& node, const std::string& directory,
                           std::string& text) {
  const sim::ConfigNode said = node.at("model");
  const sim::ConfigNode model =
      said.is_map() ? said : load_named(said, directory, "configs/models", "model");
  text += ' ' + model.canonical();
  Transformer out = workloads::read_any_model(model);
  if (const auto sequence = node.find("sequence")) {
    out.sequence = static_cast<std::int32_t>(sequence->integer(1, sequence_most));
  }
  return out;
}

/// Software by name, or what is said over another one.
Software read_software_key(const sim::ConfigNode& node, const std::string& directory,
                           std::string& text) {
  if (!node.is_map()) {
    return read_software_key(load_named(node, directory, "configs/software", "software"), directory,
                             text);
  }
  text += ' ' + node.canonical();
  const auto like = node.find("like");
  return workloads::read_software(node,
                                  like ? read_software_key(*like, directory, text) : Software{});
}

std::vector<workloads::Gpu> shipped_gpus() {
  std::vector<workloads::Gpu> gpus;
  for (const std::string& name : shipped_names("configs/gpus")) {
    const std::string file = fmt::format("configs/gpus/{}.yaml", name);
    gpus.push_back(workloads::read_gpu(sim::ConfigNode::load(shipped(file).string())));
  }
  return gpus;
}

/// The profile that is named, or else the shipped one of that GPU, or else that of its data sheet.
std::pair<calibration::GpuProfile, std::string> read_profile_key(const sim::ConfigNode& node,
                                                                 const std::string& directory,
                                                                 const workloads::Gpu& gpu,
                                                                 KnownFiles& known) {
  const auto said = node.find("profile");
  const auto from = [&](const std::string& path) -> std::optional<calibration::GpuProfile> {
    if (!known.profiles.contains(path)) {
      known.profiles[path] = calibration::read_profile(sim::ConfigNode::load(path));
    }
    const calibration::Profile& profile = known.profiles.at(path);
    const calibration::GpuProfile* const found =
        profile.gpus.size() == 1 && said ? &profile.gpus.front() : profile.find(gpu.name);
    return found == nullptr ? std::nullopt : std::optional{*found};
  };
  const auto named = [&](const calibration::GpuProfile& profile, const std::string& file) {
    return fmt::format("{}, {} ({})", profile.gpu, profile.provenance, file);
  };
  if (said) {
    std::filesystem::path path{said->text()};
    if (path.is_relative()) {
      path = std::filesystem::path{directory} / path;
    }
    if (!std::filesystem::exists(path)) {
      said->fail(fmt::format("there is no file '{}'", path.string()));
    }
    auto found = from(path.lexically_normal().string());
    if (!found) {
      said->fail(fmt::format("the profile is of several GPUs, none of which is '{}'", gpu.name));
    }
    const std::string name = named(*found, said->text());
    return {std::move(*found), name};
  }
  std::vector<calibration::GpuProfile> all;
  for (const std::string& name : shipped_names("configs/profiles")) {
    const std::string file = fmt::format("configs/profiles/{}.yaml", name);
    auto found = from(shipped(file).string());
    if (found && !found->kernels.empty()) {
      const std::string text = named(*found, file);
      return {std::move(*found), text};
    }
    const auto& gpus = known.profiles.at(shipped(file).string()).gpus;
    all.insert(all.end(), gpus.begin(), gpus.end());
  }
  if (gpu.like.empty()) {
    node.at("gpu").fail(fmt::format("there is no profile of '{}'", gpu.name),
                        "profile: a file that espalier-calibrate or 'espalier calibrate fit' made");
  }
  return {workloads::profile_of(gpu, all, shipped_gpus()),
          fmt::format("{}, datasheet, like {}", gpu.name, gpu.like)};
}

/// What a scenario says of its topology, in one line.
std::string topology_text(const sim::ConfigNode& node) {
  const auto link = node.find("link");
  const auto changes = node.find("changes");
  return node.at("topology").canonical() + (link ? " link " + link->canonical() : "") +
         (changes ? " changes " + changes->canonical() : "");
}

topology::Topology read_topology_key(const sim::ConfigNode& node, const std::string& directory,
                                     KnownFiles& known) {
  const std::string text = topology_text(node);
  const auto found = known.topologies.find(text);
  return found != known.topologies.end()
             ? found->second
             : known.topologies.emplace(text, read_topology(node, directory)).first->second;
}

/// What goes from one rail to another would meet at one spine on fixed shortest ways. Fabrics of
/// training clusters spread it, or NCCL does, which passes it to the GPU on the other rail first.
collectives::ExecuteOptions read_execution(const sim::ConfigNode& node,
                                           const topology::Topology& topology) {
  collectives::ExecuteOptions execute;
  execute.network = sim::NetworkModel::flow;
  if (const auto network = node.find("network")) {
    constexpr std::array<std::string_view, 2> models{"ideal", "flow"};
    execute.network = network->choice(models, "network model of a training step") == 0
                          ? sim::NetworkModel::ideal
                          : sim::NetworkModel::flow;
  }
  if (const auto routing = node.find("routing")) {
    execute.routing =
        static_cast<topology::Routing>(routing->choice(topology::routing_names, "routing"));
  }
  if (execute.routing == topology::Routing::automatic && !topology.lattice()) {
    execute.routing = topology::Routing::adaptive;
  }
  if (const auto seed = node.find("seed")) {
    execute.seed =
        static_cast<std::uint64_t>(seed->integer(0, std::numeric_limits<std::int64_t>::max()));
  }
  return execute;
}

/// One order for each stage, as the user lists them.
std::vector<workloads::StageOrder> read_orders(const sim::ConfigNode& node, const Layout& layout) {
  const std::vector<sim::ConfigNode> items = node.items();
  if (items.size() != static_cast<std::size_t>(layout.pipeline)) {
    node.fail(fmt::format("{} orders for {} stages", items.size(), layout.pipeline));
  }
  std::vector<workloads::StageOrder> orders;
  for (const sim::ConfigNode& item : items) {
    orders.push_back(workloads::parse_order(item.where(), item.text()));
  }
  if (const std::string fault = workloads::fault_of(orders, layout.micro_batches(), layout.chunks);
      !fault.empty()) {
    node.fail(fault);
  }
  return orders;
}

void read_schedule(const sim::ConfigNode& node, TrainingScenario& scenario) {
  workloads::Training& training = scenario.training;
  const auto said = node.find("schedule");
  if (said && said->is_list()) {
    scenario.schedule = PipelineKind::listed;
    training.orders = read_orders(*said, training.layout);
    return;
  }
  scenario.schedule =
      training.layout.chunks > 1 ? PipelineKind::interleaved : PipelineKind::one_f_one_b;
  if (said) {
    constexpr std::span made{workloads::pipeline_names.data(), 4};
    scenario.schedule = static_cast<PipelineKind>(said->choice(made, "schedule"));
  }
  training.orders = workloads::orders_of((said ? *said : node.at("layout")).where(),
                                         scenario.schedule, training.layout);
}

void read_stage_gpus(const sim::ConfigNode& node, const std::string& directory,
                     TrainingScenario& scenario, KnownFiles& known) {
  const auto said = node.find("stage_gpus");
  if (!said) {
    return;
  }
  const std::vector<sim::ConfigNode> items = said->items();
  if (items.size() != static_cast<std::size_t>(scenario.training.layout.pipeline)) {
    said->fail(
        fmt::format("{} GPUs for {} stages", items.size(), scenario.training.layout.pipeline));
  }
  scenario.profile_name += "; of stages:";
  for (const sim::ConfigNode& item : items) {
    const sim::ConfigNode file = load_named(item, directory, "configs/gpus", "GPU");
    const workloads::Gpu gpu = workloads::read_gpu(file);
    const sim::ConfigNode alone = sim::ConfigNode::parse("stage_gpus", "{}").with("gpu", item);
    auto [profile, name] = read_profile_key(alone, directory, gpu, known);
    scenario.text += ' ' + file.canonical();
    scenario.profile_name += ' ' + profile.gpu;
    scenario.stage_gpus.push_back({gpu, std::move(profile), std::move(name)});
  }
}

void read_stragglers(const sim::ConfigNode& node, TrainingScenario& scenario) {
  const auto said = node.find("stragglers");
  if (!said) {
    return;
  }
  for (const std::string& key : said->keys()) {
    const auto rank = sim::parse_integer(key).value;
    if (!rank || *rank < 0 || *rank >= scenario.gpus) {
      said->at(key).fail(fmt::format("'{}' is none of GPUs 0 to {}", key, scenario.gpus - 1));
    }
    constexpr double least = 0.01;
    constexpr double most = 100;
    scenario.training.stragglers[static_cast<std::int32_t>(*rank)] =
        said->at(key).number(least, most);
  }
}

}  // namespace

bool is_training(const sim::ConfigNode& node) {
  // Whatever a collective has not, so that a misspelt 'model' is said to be missing.
  constexpr std::array<std::string_view, 5> keys{"model", "layout", "software", "stage_gpus",
                                                 "search"};
  return node.is_map() && std::ranges::any_of(keys, [&](std::string_view key) {
           return node.find(key).has_value();
         });
}

TrainingScenario read_cluster(const sim::ConfigNode& node, const std::string& directory,
                              KnownFiles& known) {
  node.expect_keys({"model",   "sequence",   "gpu",       "profile",  "topology", "changes",
                    "link",    "layout",     "gpus",      "schedule", "software", "network",
                    "routing", "symmetry",   "seed",      "search",   "rank",     "prices",
                    "run",     "stage_gpus", "stragglers"});
  const sim::ConfigNode gpu_key = node.at("gpu");
  const sim::ConfigNode gpu_file = load_named(gpu_key, directory, "configs/gpus", "GPU");
  const workloads::Gpu gpu = workloads::read_gpu(gpu_file);
  auto [profile, profile_name] = read_profile_key(node, directory, gpu, known);
  const sim::ConfigNode topology = node.at("topology");
  topology::Topology network = read_topology_key(node, directory, known);
  const collectives::ExecuteOptions execute = read_execution(node, network);
  TrainingScenario scenario{
      .topology_name = topology.is_map() ? topology.at("kind").text() : topology.text(),
      .software_name = {},
      .profile_name = std::move(profile_name),
      .training = {},
      .gpu = gpu,
      .profile = std::move(profile),
      .topology = std::move(network),
      .execute = execute,
      .text = node.canonical() + ' ' + gpu_file.canonical(),
      .topology_text = topology_text(node)};
  workloads::Training& training = scenario.training;
  training.model = read_model_key(node, directory, scenario.text);
  if (const auto software = node.find("software")) {
    training.software = read_software_key(*software, directory, scenario.text);
    scenario.software_name = software->is_map() ? "of the scenario" : software->text();
  }
  scenario.prices = read_prices_key(node, directory, gpu, scenario.text);
  if (scenario.prices) {
    // What has failed was paid for.
    const auto changes = node.find("changes");
    scenario.parts = planning::count_parts(
        changes
            ? read_topology_key(node.with("changes", sim::ConfigNode::parse("no changes", "[]")),
                                directory, known)
            : scenario.topology);
  }
  const auto endpoints = static_cast<std::int64_t>(scenario.topology.endpoints().size());
  const auto gpus = node.find("gpus");
  scenario.gpus = static_cast<std::int32_t>(gpus ? gpus->integer(1, std::min(endpoints, gpus_most))
                                                 : endpoints);
  if (const auto symmetry = node.find("symmetry"); symmetry && !symmetry->boolean()) {
    scenario.symmetry = workloads::Symmetry::ignored;
  }
  return scenario;
}

TrainingScenario read_training_scenario(const sim::ConfigNode& node, const std::string& directory,
                                        KnownFiles& known) {
  for (const char* const key : {"search", "rank"}) {
    if (const auto found = node.find(key)) {
      found->fail(fmt::format("'{}' is of a plan", key), "espalier plan");
    }
  }
  TrainingScenario scenario = read_cluster(node, directory, known);
  workloads::Training& training = scenario.training;
  training.layout = workloads::read_layout(node.at("layout"), training.model, scenario.gpus);
  read_schedule(node, scenario);
  read_stage_gpus(node, directory, scenario, known);
  read_stragglers(node, scenario);
  return scenario;
}

double memory_of_gpus(const TrainingScenario& scenario, std::size_t stage) {
  const workloads::Gpu& gpu =
      scenario.stage_gpus.empty() ? scenario.gpu : scenario.stage_gpus[stage].gpu;
  return static_cast<double>(gpu.memory.count());
}

workloads::StepReport run_step(const TrainingScenario& scenario, workloads::Timeline* timeline) {
  std::vector<const calibration::GpuProfile*> profiles;
  for (const StageGpu& each : scenario.stage_gpus) {
    profiles.push_back(&each.profile);
  }
  if (profiles.empty()) {
    profiles.push_back(&scenario.profile);
  }
  workloads::StepCosts costs{profiles, scenario.training.software, scenario.topology,
                             scenario.execute};
  return workloads::run_step(scenario.training, costs, scenario.symmetry, timeline);
}

TrainingScenario read_training_scenario(const sim::ConfigNode& node, const std::string& directory) {
  KnownFiles known;
  return read_training_scenario(node, directory, known);
}

std::string hash_of(const TrainingScenario& scenario, KnownFiles& known) {
  std::string& topology = known.topology_hashes[scenario.topology_text];
  if (topology.empty()) {
    topology = hash_of(topology::write_graphml(scenario.topology));
  }
  const auto hash_of_profile = [&](const std::string& name,
                                   const calibration::GpuProfile& profile) {
    std::string& hash = known.profile_hashes[name];
    if (hash.empty()) {
      hash = hash_of(calibration::to_yaml({{profile}}));
    }
    return hash;
  };
  std::string all = scenario.text + topology;
  all += hash_of_profile(scenario.profile_name, scenario.profile);
  for (const StageGpu& each : scenario.stage_gpus) {
    all += hash_of_profile(each.profile_name, each.profile);
  }
  return hash_of(all);
}

std::string hash_of(const TrainingScenario& scenario) {
  KnownFiles known;
  return hash_of(scenario, known);
}

}  // namespace cli
