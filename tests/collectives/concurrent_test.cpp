#include "collectives/concurrent.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "collectives/locality.hpp"
#include "collectives/registry.hpp"
#include "sim/error.hpp"
#include "topology/registry.hpp"

using namespace collectives;

namespace {

topology::Topology network_of(const std::string& text) {
  return topology::load("test", text);
}

Group group_of(const topology::Topology& topology, const std::vector<std::int32_t>& gpus) {
  Group group;
  for (const std::int32_t gpu : gpus) {
    group.nodes.push_back(topology.endpoints()[static_cast<std::size_t>(gpu)]);
  }
  return group;
}

Schedule schedule_of(const topology::Topology& topology, const Group& group, Collective collective,
                     const std::string& name, std::int64_t bytes) {
  const Request request{
      .topology = &topology, .group = &group, .collective = collective, .bytes = sim::Bytes{bytes}};
  return find_algorithm(collective, sim::ConfigNode::scalar("test", name)).build(request);
}

/// Runs every plan once from the beginning, and plan `then[k]` when plan k is over.
class Runner final : public PlanListener {
 public:
  Runner(const topology::Topology& topology, std::vector<Plan> plans, ExecuteOptions options = {})
      : over(plans.size()), running_{engine_, topology, plans, options, *this} {}

  void run() {
    for (std::size_t plan = 0; plan < over.size(); ++plan) {
      if (!waits[plan]) {
        running_.begin(plan);
      }
    }
    engine_.run();
  }

  void on_over(std::size_t plan) override {
    over[plan].push_back(1e6 * sim::seconds(engine_.now().time_since_epoch()));
    if (const auto next = then.find(plan); next != then.end()) {
      const std::size_t what = next->second;
      then.erase(next);
      running_.begin(what);
    }
  }

  [[nodiscard]] const Concurrent& running() const { return running_; }

  std::vector<std::vector<double>> over;  // microseconds, per plan
  std::map<std::size_t, std::size_t> then;
  std::map<std::size_t, bool> waits;

 private:
  sim::Engine engine_;
  Concurrent running_;
};

}  // namespace

TEST_CASE("concurrent: a lone collective takes what it takes when it is executed") {
  const auto network = network_of("gpu-cluster:2x4");
  const Group group = whole_group(network);
  for (const std::string name : {"ring", "double-binary-tree", "multitree", "hierarchical"}) {
    const Schedule schedule = schedule_of(network, group, Collective::all_reduce, name, 10'000'000);
    for (const auto model : {sim::NetworkModel::ideal, sim::NetworkModel::flow}) {
      ExecuteOptions options{.network = model};
      options.start = sim::Duration{5'000'000};
      options.message_latency = sim::Duration{1'000'000};
      const Execution alone = execute(network, group, schedule, options);
      Runner runner{network,
                    {{.group = &group,
                      .schedule = &schedule,
                      .start = options.start,
                      .message_latency = options.message_latency}},
                    options};
      runner.run();
      CAPTURE(name);
      REQUIRE(runner.over[0].size() == 1);
      CHECK(runner.over[0][0] / (1e6 * alone.time_s) == doctest::Approx(1).epsilon(1e-7));
      const auto use = runner.running().link_use();
      REQUIRE(use.size() == alone.links.size());
      for (std::size_t i = 0; i < use.size(); ++i) {
        CHECK(use[i].bytes == doctest::Approx(alone.links[i].bytes));
      }
    }
  }
}

TEST_CASE("concurrent: collectives that share no link do not see each other") {
  const auto network = network_of("gpu-cluster:2x4");
  const Group one = group_of(network, {0, 1, 2, 3});
  const Group two = group_of(network, {4, 5, 6, 7});
  const Schedule first = schedule_of(network, one, Collective::all_gather, "ring", 8'000'000);
  const Schedule second = schedule_of(network, two, Collective::all_reduce, "ring", 80'000'000);
  Runner runner{network,
                {{.group = &one, .schedule = &first}, {.group = &two, .schedule = &second}}};
  runner.run();
  CHECK(runner.over[0][0] / (1e6 * execute(network, one, first, {}).time_s) ==
        doctest::Approx(1).epsilon(1e-7));
  CHECK(runner.over[1][0] / (1e6 * execute(network, two, second, {}).time_s) ==
        doctest::Approx(1).epsilon(1e-7));
}

TEST_CASE(
    "concurrent: two that share all their links take twice as long; one after the other, too") {
  // Links of 50 GB/s without latency: a ring of n = 4 takes 3/4 S / B, 60 us for 4 MB.
  const auto network = network_of("ring:4,link=50GB/s,0ns");
  const Group group = whole_group(network);
  const Schedule schedule = schedule_of(network, group, Collective::all_gather, "ring", 4'000'000);
  const Plan plan{.group = &group, .schedule = &schedule};
  Runner both{network, {plan, plan}};
  both.run();
  CHECK(both.over[0][0] == doctest::Approx(120));
  CHECK(both.over[1][0] == doctest::Approx(120));
  Runner turns{network, {plan, plan}};
  turns.waits[1] = true;
  turns.then[0] = 1;
  turns.run();
  CHECK(turns.over[0][0] == doctest::Approx(60));
  CHECK(turns.over[1][0] == doctest::Approx(120));
  // The same plan once more, when it is over.
  Runner again{network, {plan}};
  again.then[0] = 0;
  again.run();
  REQUIRE(again.over[0].size() == 2);
  CHECK(again.over[0][1] == doctest::Approx(120));
  // On an ideal network nobody is in the way.
  Runner ideal{network, {plan, plan}, {.network = sim::NetworkModel::ideal}};
  ideal.run();
  CHECK(ideal.over[1][0] == doctest::Approx(60));
}

TEST_CASE("concurrent: each has a rate of its own, whatever the others have") {
  const auto network = network_of("gpu-cluster:1x8,nvlink=400GB/s,0ns");
  const Group one = group_of(network, {0, 1, 2, 3});
  const Group two = group_of(network, {4, 5, 6, 7});
  const Schedule first = schedule_of(network, one, Collective::all_gather, "ring", 4'000'000);
  const Schedule second = schedule_of(network, two, Collective::all_gather, "ring", 4'000'000);
  Runner runner{network,
                {{.group = &one, .schedule = &first, .rate = sim::Bandwidth{100'000'000'000}},
                 {.group = &two, .schedule = &second, .rate = sim::Bandwidth{50'000'000'000}}}};
  runner.run();
  CHECK(runner.over[0][0] == doctest::Approx(30));
  CHECK(runner.over[1][0] == doctest::Approx(60));
}

TEST_CASE("concurrent: messages that go through a NIC may take longer on their way") {
  const auto network =
      network_of("gpu-cluster:2x2,nvlink=50GB/s,0ns,pcie=50GB/s,0ns,nic=50GB/s,0ns");
  const Group near = group_of(network, {0, 1});
  const Group far = group_of(network, {0, 2});
  const Schedule one = schedule_of(network, near, Collective::all_gather, "ring", 4'000'000);
  const Schedule two = schedule_of(network, far, Collective::all_gather, "ring", 4'000'000);
  // Half of 4 MB at 50 GB/s: 40 us.
  Runner runner{network,
                {{.group = &near, .schedule = &one, .far_latency = sim::Duration{7'000'000}},
                 {.group = &far, .schedule = &two, .far_latency = sim::Duration{7'000'000}}},
                {.network = sim::NetworkModel::ideal}};
  runner.run();
  CHECK(runner.over[0][0] == doctest::Approx(40));
  CHECK(runner.over[1][0] == doctest::Approx(40 + 7));
}

TEST_CASE("concurrent: the packet network is refused") {
  const auto network = network_of("ring:4");
  const Group group = whole_group(network);
  const Schedule schedule = schedule_of(network, group, Collective::all_gather, "ring", 4'000);
  CHECK_THROWS_WITH_AS((Runner{network,
                               {{.group = &group, .schedule = &schedule}},
                               {.network = sim::NetworkModel::packet}}),
                       doctest::Contains("not on 'packet'"), sim::Error);
}
