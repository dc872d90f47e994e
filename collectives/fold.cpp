#include "collectives/fold.hpp"

#include <algorithm>
#include <vector>

namespace collectives {
namespace {

/// The transfers of each rank, in order, and the place of each among those of its rank.
struct ByRank {
  std::vector<std::vector<TransferId>> transfers;
  std::vector<std::size_t> place;

  explicit ByRank(const Schedule& schedule)
      : transfers(static_cast<std::size_t>(schedule.ranks())) {
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(schedule.transfers().size()); ++i) {
      auto& own = transfers[index(schedule.transfer(TransferId{i}).from)];
      place.push_back(own.size());
      own.push_back(TransferId{i});
    }
  }
};

class Fold {
 public:
  Fold(const Schedule& schedule, std::int32_t ranks)
      : schedule_{&schedule}, ranks_{ranks}, by_rank_{schedule} {}

  [[nodiscard]] bool is_exact() const {
    for (std::int32_t rank = 0; rank < schedule_->ranks(); ++rank) {
      const auto& own = by_rank_.transfers[static_cast<std::size_t>(rank)];
      if (own.size() != by_rank_.transfers[static_cast<std::size_t>(rank % ranks_)].size() ||
          !std::ranges::all_of(own, [&](TransferId id) { return is_like_first(id); })) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] Schedule first_turn() const {
    Schedule out{schedule_->collective(), ranks_, schedule_->chunks(), schedule_->layout()};
    const auto transfers = schedule_->transfers();
    std::vector<std::int32_t> number(transfers.size(), -1);
    std::int32_t count = 0;
    for (std::size_t i = 0; i < transfers.size(); ++i) {
      if (index(transfers[i].from) < static_cast<std::size_t>(ranks_)) {
        number[i] = count++;
      }
    }
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(transfers.size()); ++i) {
      if (number[static_cast<std::size_t>(i)] < 0) {
        continue;
      }
      Transfer transfer = transfers[static_cast<std::size_t>(i)];
      transfer.to = folded_rank(transfer.to);
      std::vector<After> after;
      for (After each : schedule_->after(TransferId{i})) {
        each.transfer = TransferId{number[index(like(each.transfer))]};
        after.push_back(each);
      }
      out.add(transfer, after);
    }
    return out;
  }

 private:
  [[nodiscard]] Rank folded_rank(Rank rank) const {
    return Rank{static_cast<std::int32_t>(rank) % ranks_};
  }

  /// The transfer of the first turn that this one is like.
  [[nodiscard]] TransferId like(TransferId id) const {
    const Rank from = folded_rank(schedule_->transfer(id).from);
    return by_rank_.transfers[index(from)][by_rank_.place[index(id)]];
  }

  [[nodiscard]] bool is_like_first(TransferId id) const {
    const Transfer& one = schedule_->transfer(id);
    const Transfer& other = schedule_->transfer(like(id));
    const std::int32_t all = schedule_->ranks();
    const auto distance = [&](const Transfer& each) {
      return (static_cast<std::int32_t>(each.to) - static_cast<std::int32_t>(each.from) + all) %
             all;
    };
    const auto after = schedule_->after(id);
    const auto other_after = schedule_->after(like(id));
    return distance(one) == distance(other) && distance(one) % ranks_ != 0 &&
           one.messages == other.messages && one.chunks.width == other.chunks.width &&
           one.combine == other.combine && one.channel == other.channel &&
           schedule_->route(id).empty() && after.size() == other_after.size() &&
           std::ranges::equal(after, other_after, [&](const After& a, const After& b) {
             return like(a.transfer) == like(b.transfer) && a.lag == b.lag && a.side == b.side;
           });
  }

  const Schedule* schedule_;
  std::int32_t ranks_;
  ByRank by_rank_;
};

}  // namespace

std::optional<Schedule> folded(const Schedule& schedule, std::int32_t ranks) {
  if (!schedule.switches().empty() || ranks < 2 || schedule.ranks() % ranks != 0) {
    return std::nullopt;
  }
  const Fold fold{schedule, ranks};
  return fold.is_exact() ? std::optional{fold.first_turn()} : std::nullopt;
}

}  // namespace collectives
