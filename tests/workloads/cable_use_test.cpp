#include "workloads/cable_use.hpp"

#include <string>

#include <doctest/doctest.h>

#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "topology/registry.hpp"

using namespace workloads;
using collectives::Collective;
using Kind = Instruction::Kind;

namespace {

/// Ranks 0 and 1 on one server each, in the same place: communicators of two slots over both.
RankPrograms two_slots(std::vector<Instruction> program) {
  RankPrograms all{.programs = {std::move(program)},
                   .program_of = {0, 0},
                   .endpoint_of = {0, 8},
                   .communicators = {{.ranks = {0, 1}, .slot = 0}, {.ranks = {0, 1}, .slot = 1}},
                   .communicator_of = {{0, 1}, {0, 1}},
                   .peer_of = {{-1}, {-1}},
                   .operations = {{{Collective::all_reduce, sim::Bytes{8}}},
                                  {{Collective::all_reduce, sim::Bytes{8}}}}};
  return all;
}

bool is_alone(const RankPrograms& all, const std::string& network) {
  const auto topology = topology::load("test", network);
  collectives::Group group;
  for (const std::int32_t endpoint : all.endpoint_of) {
    group.nodes.push_back(topology.endpoints()[static_cast<std::size_t>(endpoint)]);
  }
  const collectives::Request request{.topology = &topology,
                                     .group = &group,
                                     .collective = Collective::all_reduce,
                                     .bytes = sim::Bytes{1'000'000}};
  const auto& ring =
      collectives::find_algorithm(Collective::all_reduce, sim::ConfigNode::scalar("test", "ring"));
  return CableUse{all, topology}.is_alone(all.communicators[0], group, ring.build(request));
}

const std::vector<Instruction> in_turn{{.kind = Kind::begin, .slot = 0},
                                       {.kind = Kind::wait, .slot = 0},
                                       {.kind = Kind::begin, .slot = 1},
                                       {.kind = Kind::wait, .slot = 1}};
const std::vector<Instruction> at_once{{.kind = Kind::begin, .slot = 0},
                                       {.kind = Kind::begin, .slot = 1},
                                       {.kind = Kind::wait, .slot = 0},
                                       {.kind = Kind::wait, .slot = 1}};

}  // namespace

TEST_CASE("cable use: what takes turns is alone, what may run at once is not") {
  CHECK(is_alone(two_slots(in_turn), "gpu-cluster:2x8"));
  CHECK_FALSE(is_alone(two_slots(at_once), "gpu-cluster:2x8"));
}

TEST_CASE("cable use: messages may come at any time, unless ranks wait for them") {
  RankPrograms all = two_slots(in_turn);
  all.peer_of = {{1}, {0}};
  CHECK_FALSE(is_alone(all, "gpu-cluster:2x8"));
  all.wait_for_messages = true;
  CHECK(is_alone(all, "gpu-cluster:2x8"));
  // Sent while an operation is under way, they meet it all the same.
  all.programs[0] = {{.kind = Kind::begin, .slot = 0},
                     {.kind = Kind::send, .slot = 0, .what = 8},
                     {.kind = Kind::wait, .slot = 0}};
  CHECK_FALSE(is_alone(all, "gpu-cluster:2x8"));
}

TEST_CASE("cable use: cables behind a switch are shared with others") {
  // Two leaves: what goes from one to the other shares the way up with other servers' traffic.
  CHECK_FALSE(is_alone(two_slots(in_turn), "gpu-cluster:2x8,nodes_per_leaf=1"));
  CHECK_FALSE(is_alone(two_slots(in_turn),
                       "gpu-cluster:4x8,nodes_per_leaf=1,fabric=leaf-spine,oversubscription=4"));
  // NICs that two GPUs share.
  CHECK_FALSE(is_alone(two_slots(in_turn), "gpu-cluster:2x8,nics=4"));
  // From one rail to another.
  RankPrograms all = two_slots(in_turn);
  all.endpoint_of = {0, 9};
  CHECK_FALSE(is_alone(all, "gpu-cluster:2x8"));
  // No servers at all.
  CHECK_FALSE(is_alone(two_slots(in_turn), "torus:4x4"));
}
