#include "collectives/hierarchical.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "collectives/locality.hpp"
#include "collectives/ring.hpp"

namespace collectives {
namespace {

/// One slice of the data: the `m` chunks from `base` on, summed by the ranks at place `owner` of
/// their blocks.
void add_slice(Schedule& schedule, const Blocks& blocks, std::size_t owner, std::int32_t base,
               std::int32_t channel) {
  const auto m = static_cast<std::int32_t>(blocks.members.size());
  std::vector<Rank> owners;
  std::vector<std::vector<After>> inside;  // per block: the slice's sum inside it
  for (const auto& members : blocks.members) {
    owners.push_back(members[owner]);
    std::vector<After> arrivals;
    for (std::size_t k = 1; k < members.size(); ++k) {
      const Rank from = members[(owner + k) % members.size()];
      arrivals.push_back({schedule.add({.from = from,
                                        .to = members[owner],
                                        .combine = Combine::reduce,
                                        .channel = channel,
                                        .chunks = fixed_chunks(base, m)}),
                          lag_all});
    }
    inside.push_back(std::move(arrivals));
  }
  const RingPhase scatter = add_ring_reduce_scatter(schedule, owners, {base}, 1, channel, inside);
  std::vector<std::vector<After>> summed;
  for (std::size_t block = 0; block < owners.size(); ++block) {
    summed.push_back({{scatter.into(block), lag_all}});
  }
  const RingPhase gather = add_ring_all_gather(schedule, owners, {base}, 1, channel, summed);
  for (std::size_t block = 0; block < owners.size(); ++block) {
    // First the part that was summed here, then the others as the ring brings them.
    const std::vector<After> after{{scatter.into(block), lag_all}, {gather.into(block), 1}};
    const auto& members = blocks.members[block];
    for (std::size_t k = 1; k < members.size(); ++k) {
      schedule.add({.from = members[owner],
                    .to = members[(owner + k) % members.size()],
                    .combine = Combine::copy,
                    .messages = m,
                    .channel = channel,
                    .chunks = {.base = base,
                               .start = static_cast<std::int32_t>(block) + 1,
                               .stride = -1,
                               .modulus = m}},
                   after);
    }
  }
}

}  // namespace

Schedule hierarchical_all_reduce(const Request& request) {
  const Blocks blocks = blocks_of(*request.topology, *request.group);
  const auto m = static_cast<std::int32_t>(blocks.members.size());
  const auto g = static_cast<std::int32_t>(blocks.members.front().size());
  const std::int32_t channels = channels_of(request);
  const std::int32_t parts = channels * g * m;
  Schedule schedule = cut(request, parts);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    for (std::int32_t owner = 0; owner < g; ++owner) {
      add_slice(schedule, blocks, static_cast<std::size_t>(owner), ((channel * g) + owner) * m,
                channel);
    }
  }
  return schedule;
}

std::optional<std::string> hierarchical_misfit(const topology::Topology& topology,
                                               const Group& group) {
  if (blocks_of(topology, group).is_even()) {
    return std::nullopt;
  }
  return "needs servers, leaves or groups with equally many of the ranks, at least two of each";
}

}  // namespace collectives
