#include "collectives/promise.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <fmt/format.h>

namespace collectives {
namespace {

/// Of a collective in which every rank has data of its own for others: the rank that a chunk
/// starts from.
Rank sender(const Schedule& schedule, std::int32_t chunk) {
  return Rank{chunk / schedule.layout().parts};
}

}  // namespace

bool holds_at_start(const Schedule& schedule, std::int32_t chunk, Rank rank) {
  switch (schedule.collective()) {
    case Collective::all_reduce:
    case Collective::reduce_scatter:
    case Collective::reduce:
      return true;
    case Collective::all_gather:
    case Collective::gather:
      return rank == schedule.owner(chunk);
    case Collective::broadcast:
    case Collective::scatter:
      return rank == schedule.root();
    case Collective::all_to_all:
    case Collective::send_receive:
      return rank == sender(schedule, chunk);
  }
  return false;
}

Promise promised(const Schedule& schedule, std::int32_t chunk, Rank rank) {
  using enum Promise::Kind;
  const auto only_if = [](bool wanted, Promise promise) { return wanted ? promise : Promise{}; };
  const bool owns = rank == schedule.owner(chunk);
  switch (schedule.collective()) {
    case Collective::all_reduce:
      return {.kind = sum};
    case Collective::reduce_scatter:
      return only_if(owns, {.kind = sum});
    case Collective::reduce:
      return only_if(rank == schedule.root(), {.kind = sum});
    case Collective::all_gather:
      return {copy, schedule.owner(chunk)};
    case Collective::gather:
      return only_if(rank == schedule.root(), {copy, schedule.owner(chunk)});
    case Collective::broadcast:
      return {copy, schedule.root()};
    case Collective::scatter:
      return only_if(owns, {copy, schedule.root()});
    case Collective::all_to_all:
      return only_if(owns, {copy, sender(schedule, chunk)});
    case Collective::send_receive: {
      const Rank from = sender(schedule, chunk);
      const bool next =
          index(rank) == (index(from) + 1) % static_cast<std::size_t>(schedule.ranks());
      return only_if(next, {copy, from});
    }
  }
  return {};
}

std::optional<std::string> layout_problem(const Schedule& schedule) {
  const Collective collective = schedule.collective();
  const bool by_sender =
      collective == Collective::all_to_all || collective == Collective::send_receive;
  const std::int32_t blocks = by_sender ? schedule.ranks() : 1;
  if (schedule.chunks() != blocks * schedule.layout().parts) {
    return fmt::format("{} chunks are not the {} parts of the data", schedule.chunks(),
                       blocks * schedule.layout().parts);
  }
  const bool owned = collective == Collective::reduce_scatter ||
                     collective == Collective::all_gather || collective == Collective::gather ||
                     collective == Collective::scatter;
  std::vector<std::int32_t> count(static_cast<std::size_t>(schedule.ranks()));
  for (std::int32_t chunk = 0; owned && chunk < schedule.chunks(); ++chunk) {
    ++count[index(schedule.owner(chunk))];
  }
  const auto uneven = std::ranges::adjacent_find(count, std::ranges::not_equal_to{});
  if (uneven == count.end()) {
    return std::nullopt;
  }
  return fmt::format("rank {} has a block of {} chunks, the next rank one of {}",
                     uneven - count.begin(), *uneven, *(uneven + 1));
}

}  // namespace collectives
