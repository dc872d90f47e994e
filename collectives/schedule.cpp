#include "collectives/schedule.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/contract.hpp"

namespace collectives {
namespace {

constexpr std::array<std::string_view, 9> names{"all-reduce", "reduce-scatter", "all-gather",
                                                "broadcast",  "reduce",         "all-to-all",
                                                "gather",     "scatter",        "send-receive"};

}  // namespace

std::span<const std::string_view> collective_names() {
  return names;
}

std::string_view name_of(Collective collective) {
  return names.at(static_cast<std::size_t>(collective));
}

bool is_reducing(Collective collective) {
  return collective == Collective::all_reduce || collective == Collective::reduce_scatter ||
         collective == Collective::reduce;
}

sim::Bytes ChunkLayout::size(ChunkRange range) const {
  const std::int64_t quotient = bytes.count() / parts;
  const std::int64_t longer = bytes.count() % parts;
  const std::int64_t first = range.first % parts;
  const std::int64_t with_extra =
      std::clamp<std::int64_t>(longer - first, 0, std::int64_t{range.count});
  return sim::Bytes{(quotient * range.count) + with_extra};
}

TransferId Schedule::add(const Transfer& transfer, std::span<const After> after,
                         std::span<const topology::LinkId> route) {
  sim::require(transfer.from != transfer.to, "a transfer crosses from one rank to another");
  sim::require(transfer.messages >= 1 && transfer.chunks.modulus >= 1 && transfer.chunks.width >= 1,
               "a transfer has a message, and each carries a chunk");
  sim::require(index(transfer.from) < static_cast<std::size_t>(participants()) &&
                   index(transfer.to) < static_cast<std::size_t>(participants()),
               "a transfer joins ranks of the group");
  sim::require(
      transfer.chunks.base >= 0 &&
          transfer.chunks.base + (transfer.chunks.modulus * transfer.chunks.width) <= chunks_,
      "a transfer carries chunks of the schedule");
  const TransferId id = next_id();
  transfers_.push_back(transfer);
  after_.insert(after_.end(), after.begin(), after.end());
  after_begin_.push_back(static_cast<std::uint32_t>(after_.size()));
  route_.insert(route_.end(), route.begin(), route.end());
  route_begin_.push_back(static_cast<std::uint32_t>(route_.size()));
  return id;
}

Rank Schedule::add_switch(topology::NodeId node) {
  switches_.push_back(node);
  return Rank{participants() - 1};
}

std::span<const After> Schedule::after(TransferId id) const {
  const std::uint32_t begin = after_begin_[index(id)];
  return std::span{after_}.subspan(begin, after_begin_[index(id) + 1] - begin);
}

std::span<const topology::LinkId> Schedule::route(TransferId id) const {
  const std::uint32_t begin = route_begin_[index(id)];
  return std::span{route_}.subspan(begin, route_begin_[index(id) + 1] - begin);
}

std::int64_t Schedule::messages() const {
  std::int64_t sum = 0;
  for (const Transfer& transfer : transfers_) {
    sum += transfer.messages;
  }
  return sum;
}

Rank Schedule::owner(std::int32_t chunk) const {
  const std::int32_t block = chunk / pieces_;
  return owners_.empty() ? Rank{block % ranks_} : owners_[static_cast<std::size_t>(block)];
}

void Schedule::set_owners(std::vector<Rank> owners) {
  sim::require(owners.size() == static_cast<std::size_t>(chunks_ / pieces_),
               "every block has an owner");
  owners_ = std::move(owners);
}

}  // namespace collectives
