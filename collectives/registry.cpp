#include "collectives/registry.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "collectives/bucket.hpp"
#include "collectives/direct.hpp"
#include "collectives/grid.hpp"
#include "collectives/halving_doubling.hpp"
#include "collectives/hierarchical.hpp"
#include "collectives/multitree.hpp"
#include "collectives/nvls.hpp"
#include "collectives/ring.hpp"
#include "collectives/ring2d.hpp"
#include "collectives/tree.hpp"
#include "sim/suggest.hpp"

namespace collectives {
namespace {

using enum Collective;

// To add an algorithm: write its builder in a file of its own, then one line here.
constexpr std::array table{
    Algorithm{"ring", "", all_reduce, ring_all_reduce, nullptr,
              "reduce-scatter and all-gather around one ring; bandwidth-optimal"},
    Algorithm{"bidirectional-ring", "biring", all_reduce, bidirectional_ring_all_reduce, nullptr,
              "two rings in opposite directions, half of the data each"},
    Algorithm{"ring2d", "2d-ring", all_reduce, ring2d_all_reduce, grid_misfit,
              "rings along the rows, then along the columns of a grid"},
    Algorithm{"bucket", "2d-bucket", all_reduce, bucket_all_reduce, grid_misfit,
              "reduce-scatter along rows, then columns, and gather back; bandwidth-optimal"},
    Algorithm{"double-binary-tree", "dbtree", all_reduce, double_binary_tree_all_reduce, nullptr,
              "two complementary binary trees, pipelined"},
    Algorithm{"halving-doubling", "rhd", all_reduce, halving_doubling_all_reduce, nullptr,
              "recursive halving, then doubling; few steps, full bandwidth"},
    Algorithm{"hdrm", "", all_reduce, hdrm_all_reduce, hdrm_misfit,
              "halving-doubling with ranks mapped so that a BiGraph sees no contention"},
    Algorithm{"hierarchical", "", all_reduce, hierarchical_all_reduce, hierarchical_misfit,
              "inside each server, across servers, inside again"},
    Algorithm{"direct", "one-shot", all_reduce, one_shot_all_reduce, nullptr,
              "everyone sends everything to everyone; one step"},
    Algorithm{"two-shot", "", all_reduce, two_shot_all_reduce, nullptr,
              "direct reduce-scatter, then direct all-gather; two steps"},
    Algorithm{"nvls", "in-switch", all_reduce, nvls_all_reduce, nvls_misfit,
              "the switch adds up and multiplies out; a rank's data leaves it once"},
    Algorithm{"star", "", all_reduce, star_all_reduce, nullptr,
              "reduce at the root, then broadcast from it"},
    Algorithm{"multitree", "", all_reduce, multitree_all_reduce, nullptr,
              "a tree per rank, built together so that no step uses a link twice"},
    Algorithm{"ring", "", reduce_scatter, ring_reduce_scatter, nullptr, "around one ring"},
    Algorithm{"halving", "", reduce_scatter, halving_reduce_scatter, power_of_two_misfit,
              "recursive halving"},
    Algorithm{"direct", "", reduce_scatter, direct_reduce_scatter, nullptr,
              "every block straight to its rank"},
    Algorithm{"multitree", "", reduce_scatter, multitree_reduce_scatter, nullptr,
              "up MultiTree's trees"},
    Algorithm{"ring", "", all_gather, ring_all_gather, nullptr, "around one ring"},
    Algorithm{"doubling", "", all_gather, doubling_all_gather, power_of_two_misfit,
              "recursive doubling"},
    Algorithm{"direct", "", all_gather, direct_all_gather, nullptr,
              "every block straight to every rank"},
    Algorithm{"multitree", "", all_gather, multitree_all_gather, nullptr, "down MultiTree's trees"},
    Algorithm{"ring", "chain", broadcast, ring_broadcast, nullptr, "pipelined along the ring"},
    Algorithm{"binomial", "", broadcast, binomial_broadcast, nullptr, "binomial tree"},
    Algorithm{"direct", "", broadcast, direct_broadcast, nullptr, "from the root to everyone"},
    Algorithm{"ring", "chain", reduce, ring_reduce, nullptr, "pipelined along the ring"},
    Algorithm{"binomial", "", reduce, binomial_reduce, nullptr, "binomial tree"},
    Algorithm{"direct", "", reduce, direct_reduce, nullptr, "from everyone to the root"},
    Algorithm{"direct", "", all_to_all, direct_all_to_all, nullptr, "all pairs at once"},
    Algorithm{"pairwise", "", all_to_all, pairwise_all_to_all, nullptr, "one peer after the other"},
    Algorithm{"direct", "", gather, direct_gather, nullptr, "from everyone to the root"},
    Algorithm{"direct", "", scatter, direct_scatter, nullptr, "from the root to everyone"},
    Algorithm{"direct", "shift", send_receive, shift_send_receive, nullptr,
              "every rank to the next one"},
};

}  // namespace

std::span<const Algorithm> algorithms() {
  return table;
}

const Algorithm& find_algorithm(Collective collective, const sim::ConfigNode& name) {
  const std::string wanted = name.text();
  std::vector<std::string_view> choices;
  for (const Algorithm& algorithm : table) {
    if (algorithm.collective != collective) {
      continue;
    }
    if (algorithm.name == wanted || (!algorithm.alias.empty() && algorithm.alias == wanted)) {
      return algorithm;
    }
    choices.push_back(algorithm.name);
  }
  name.fail(fmt::format("unknown {} algorithm '{}'", name_of(collective), wanted),
            sim::suggestion(wanted, choices));
}

std::optional<std::string> misfit(const Algorithm& algorithm, const topology::Topology& topology,
                                  const Group& group) {
  return algorithm.misfit == nullptr ? std::nullopt : algorithm.misfit(topology, group);
}

}  // namespace collectives
