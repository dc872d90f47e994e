#include "collectives/bound.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

#include "collectives/locality.hpp"
#include "topology/routes.hpp"

namespace collectives {
namespace {

/// What a block of ranks must send to and receive from the rest of `n`, in units of S.
struct Need {
  double out = 0;
  double in = 0;
};

struct Block {
  double ranks = 0;
  bool has_root = false;
};

Need block_need(Collective collective, const Block& block, double n) {
  const double inside = block.ranks;
  const bool has_root = block.has_root;
  const double part = inside / n;
  const double outside = 1 - part;
  switch (collective) {
    case Collective::all_reduce:
      return {1, 1};
    case Collective::reduce_scatter:
      return {outside, part};
    case Collective::all_gather:
      return {part, outside};
    case Collective::broadcast:
      return has_root ? Need{1, 0} : Need{0, 1};
    case Collective::reduce:
      return has_root ? Need{0, 1} : Need{1, 0};
    case Collective::all_to_all:
      return {inside * outside, inside * outside};
    case Collective::gather:
      return has_root ? Need{0, outside} : Need{part, 0};
    case Collective::scatter:
      return has_root ? Need{outside, 0} : Need{0, part};
    case Collective::send_receive:
      return {inside < n ? 1.0 : 0.0, inside < n ? 1.0 : 0.0};
  }
  return {};
}

/// What `blocks` blocks of n ranks must send to each other in all, in units of S.
double total_need(Collective collective, double blocks, const std::vector<double>& inside,
                  double n) {
  switch (collective) {
    case Collective::all_reduce:
      return 2 * (blocks - 1);
    case Collective::reduce_scatter:
    case Collective::all_gather:
    case Collective::broadcast:
    case Collective::reduce:
      return blocks - 1;
    case Collective::all_to_all:
      return std::accumulate(inside.begin(), inside.end(), 0.0, [n](double sum, double ranks) {
        return sum + (ranks * (1 - (ranks / n)));
      });
    case Collective::gather:
    case Collective::scatter:
      return 0;  // the root's own cut says all
    case Collective::send_receive:
      return blocks;
  }
  return 0;
}

/// Does the collective give each rank a block of the data?
bool cuts_blocks(Collective collective) {
  return collective == Collective::reduce_scatter || collective == Collective::all_gather ||
         collective == Collective::all_to_all || collective == Collective::gather ||
         collective == Collective::scatter;
}

double as_double(sim::Bandwidth bandwidth) {
  return static_cast<double>(bandwidth.count());
}

}  // namespace

LowerBound::LowerBound(const topology::Topology& topology, const Group& group,
                       Collective collective, Rank root, sim::Duration message_latency,
                       std::int32_t parts_per_rank)
    : collective_{collective},
      ranks_{static_cast<double>(group.size())},
      parts_per_rank_{static_cast<double>(parts_per_rank)} {
  if (group.size() < 2) {
    return;
  }
  find_latency(topology, group, root, message_latency);
  std::vector<std::int32_t> alone(topology.nodes().size(), -1);
  std::vector<std::vector<Rank>> singles;
  for (std::int32_t rank = 0; rank < group.size(); ++rank) {
    alone[topology::index(group.node(Rank{rank}))] = rank;
    singles.push_back({Rank{rank}});
  }
  add_blocks(topology, alone, singles, root);
  for (const topology::Partition& partition : topology.partitions()) {
    const Blocks blocks = blocks_of(topology, group, partition.name);
    if (blocks.members.size() < 2) {
      continue;
    }
    // The blocks by their place in `members`.
    std::vector<std::int32_t> number(topology.nodes().size(), -1);
    for (std::size_t b = 0; b < blocks.members.size(); ++b) {
      number[static_cast<std::size_t>(
          partition.block_of[topology::index(group.node(blocks.members[b][0]))])] =
          static_cast<std::int32_t>(b);
    }
    std::vector<std::int32_t> block_of(topology.nodes().size(), -1);
    for (std::size_t node = 0; node < block_of.size(); ++node) {
      const std::int32_t block = partition.block_of[node];
      block_of[node] = block < 0 ? -1 : number[static_cast<std::size_t>(block)];
    }
    add_blocks(topology, block_of, blocks.members, root);
  }
}

void LowerBound::add_cut(const Cut& cut) {
  if (cut.factor > 0) {
    cuts_.push_back(cut);
  }
}

/// The cuts around each block, and the one around all of them together.
void LowerBound::add_blocks(const topology::Topology& topology,
                            const std::vector<std::int32_t>& block_of,
                            const std::vector<std::vector<Rank>>& members, Rank root) {
  std::vector<double> out(members.size(), 0);
  std::vector<double> in(members.size(), 0);
  for (const topology::Link& link : topology.links()) {
    const std::int32_t from = block_of[topology::index(link.from)];
    const std::int32_t to = block_of[topology::index(link.to)];
    if (from == to) {
      continue;
    }
    if (from >= 0) {
      out[static_cast<std::size_t>(from)] += as_double(link.spec.bandwidth);
    }
    if (to >= 0) {
      in[static_cast<std::size_t>(to)] += as_double(link.spec.bandwidth);
    }
  }
  double all_out = 0;
  std::vector<double> inside;
  for (std::size_t block = 0; block < members.size(); ++block) {
    const auto ranks = static_cast<double>(members[block].size());
    if (const auto injection = topology.injection()) {
      const double limit = ranks * injection->ports * as_double(injection->bandwidth);
      out[block] = std::min(out[block], limit);
      in[block] = std::min(in[block], limit);
    }
    const bool has_root = std::ranges::find(members[block], root) != members[block].end();
    const Need need = block_need(collective_, {ranks, has_root}, ranks_);
    // Blocks are cut to whole bytes, a part at a time: each may fall short of S / n by a byte.
    const double slack = cuts_blocks(collective_) ? ranks * parts_per_rank_ : 0;
    add_cut({need.out, slack, out[block], Adders::switches});
    add_cut({need.in, slack, in[block], Adders::switches});
    all_out += out[block];
    inside.push_back(ranks);
  }
  add_cut({total_need(collective_, static_cast<double>(members.size()), inside, ranks_),
           collective_ == Collective::all_to_all ? ranks_ * ranks_ * parts_per_rank_ : 0, all_out,
           Adders::ranks});
}

void LowerBound::find_latency(const topology::Topology& topology, const Group& group, Rank root,
                              sim::Duration message_latency) {
  // Any set of sources gives a bound; this many give a good one at bearable cost.
  constexpr std::size_t links_walked_max = 20'000'000;
  const auto sources_max = static_cast<std::int32_t>(
      std::clamp<std::size_t>(links_walked_max / (topology.links().size() + 1), 1, 64));
  const std::int32_t stride = std::max(group.size() / sources_max, 1);
  const bool from_root = collective_ == Collective::broadcast || collective_ == Collective::scatter;
  const bool to_root = collective_ == Collective::reduce || collective_ == Collective::gather;
  sim::Duration farthest{0};
  for (std::int32_t r = 0; r < (from_root ? 1 : group.size()); r += stride) {
    const Rank from = from_root ? root : Rank{r};
    const auto latency =
        topology::latency_from(topology, group.node(from), topology::Through::anything);
    for (std::int32_t t = 0; t < group.size(); ++t) {
      const bool is_next = t == (r + 1) % group.size();
      const bool depends =
          (!to_root || Rank{t} == root) && (collective_ != Collective::send_receive || is_next);
      if (depends && Rank{t} != from) {
        farthest = std::max(farthest, latency[topology::index(group.node(Rank{t}))]);
      }
    }
  }
  sim::Duration closest = sim::Duration::max();
  for (const topology::NodeId node : group.nodes) {
    for (const topology::LinkId id : topology.out_links(node)) {
      closest = std::min(closest, topology.link(id).spec.latency);
    }
  }
  latency_s_ = sim::seconds(farthest + message_latency);
  last_latency_s_ = sim::seconds(closest + message_latency);
}

double LowerBound::bandwidth_seconds(sim::Bytes bytes, Adders adders) const {
  double most = 0;
  for (const Cut& cut : cuts_) {
    if (adders == Adders::switches && cut.adders == Adders::ranks) {
      continue;
    }
    const double volume = (cut.factor * static_cast<double>(bytes.count())) - cut.slack;
    most = std::max(most, volume / cut.capacity);
  }
  return most;
}

double LowerBound::seconds(sim::Bytes bytes, Adders adders) const {
  if (cuts_.empty()) {
    return 0;
  }
  return std::max(latency_s_, last_latency_s_ + bandwidth_seconds(bytes, adders));
}

}  // namespace collectives
