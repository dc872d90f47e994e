#include "tests/reference/interpret.hpp"

#include <map>
#include <random>
#include <set>
#include <vector>

namespace reference {
namespace {

using collectives::Collective;
using collectives::Combine;
using collectives::Schedule;
using collectives::Side;
using collectives::Transfer;
using collectives::TransferId;

/// Contributions: pairs of (rank that gave it, chunk) are implied by the chunk a set stands for.
using Held = std::map<std::pair<int, int>, std::set<int>>;  // (rank, chunk) -> ranks

struct Train {
  int left = 0;
  int arrived = 0;
  std::map<int, std::map<int, std::set<int>>> on_the_way;  // message -> chunk -> contributions
};

int number(auto id) {
  return static_cast<int>(id);
}

class Interpreter {
 public:
  Interpreter(const Schedule& schedule, std::uint32_t seed)
      : schedule_{schedule}, random_{seed}, trains_(schedule.transfers().size()) {
    for (int rank = 0; rank < schedule.ranks(); ++rank) {
      for (int chunk = 0; chunk < schedule.chunks(); ++chunk) {
        if (starts_with(rank, chunk)) {
          held_[{rank, chunk}] = {rank};
        }
      }
    }
  }

  std::string run() {
    while (problem_.empty()) {
      std::vector<std::pair<std::size_t, bool>> possible;  // transfer, is it an arrival
      for (std::size_t t = 0; t < trains_.size(); ++t) {
        const Transfer& transfer = schedule_.transfers()[t];
        if (trains_[t].left < transfer.messages && may(t, Side::send, trains_[t].left)) {
          possible.emplace_back(t, false);
        }
        if (trains_[t].arrived < trains_[t].left && may(t, Side::receive, trains_[t].arrived)) {
          possible.emplace_back(t, true);
        }
      }
      if (possible.empty()) {
        break;
      }
      const auto [t, arrives] = possible[random_() % possible.size()];
      arrives ? arrive(t) : leave(t);
    }
    return problem_.empty() ? result() : problem_;
  }

 private:
  bool starts_with(int rank, int chunk) const {
    switch (schedule_.collective()) {
      case Collective::all_reduce:
      case Collective::reduce_scatter:
      case Collective::reduce:
        return true;
      case Collective::all_gather:
      case Collective::gather:
        return rank == number(schedule_.owner(chunk));
      case Collective::broadcast:
      case Collective::scatter:
        return rank == number(schedule_.root());
      case Collective::all_to_all:
      case Collective::send_receive:
        return rank == chunk / schedule_.layout().parts;
    }
    return false;
  }

  bool may(std::size_t t, Side side, int message) const {
    const Transfer& transfer = schedule_.transfers()[t];
    for (const auto& after : schedule_.after(TransferId{static_cast<int>(t)})) {
      if (after.side != side || message < after.lag) {
        continue;
      }
      const Transfer& other = schedule_.transfer(after.transfer);
      const long long index =
          std::min<long long>(static_cast<long long>(message) - after.lag, other.messages - 1);
      const Train& train = trains_[collectives::index(after.transfer)];
      const auto here = side == Side::send ? transfer.from : transfer.to;
      if ((other.to == here ? train.arrived : train.left) <= index) {
        return false;
      }
    }
    return true;
  }

  void leave(std::size_t t) {
    const Transfer& transfer = schedule_.transfers()[t];
    const int message = trains_[t].left++;
    const auto range = transfer.chunks.at(message);
    for (int chunk = range.first; chunk < range.first + range.count; ++chunk) {
      std::set<int> value = transfer.source == collectives::Source::input
                                ? std::set<int>{number(transfer.from)}
                                : held_[{number(transfer.from), chunk}];
      if (value.empty()) {
        problem_ = "an empty chunk is sent";
      }
      trains_[t].on_the_way[message][chunk] = std::move(value);
    }
  }

  void arrive(std::size_t t) {
    const Transfer& transfer = schedule_.transfers()[t];
    for (const auto& [chunk, value] : trains_[t].on_the_way[trains_[t].arrived++]) {
      std::set<int>& here = held_[{number(transfer.to), chunk}];
      if (transfer.combine == Combine::copy) {
        here = value;
        continue;
      }
      for (const int rank : value) {
        if (!here.insert(rank).second) {
          problem_ = "a contribution is counted twice";
        }
      }
    }
  }

  std::string result() {
    for (std::size_t t = 0; t < trains_.size(); ++t) {
      if (trains_[t].arrived < schedule_.transfers()[t].messages) {
        return "a message was never sent";
      }
    }
    for (int rank = 0; rank < schedule_.ranks(); ++rank) {
      for (int chunk = 0; chunk < schedule_.chunks(); ++chunk) {
        const auto wanted = wanted_at(rank, chunk);
        if (!wanted.empty() && held_[{rank, chunk}] != wanted) {
          return "rank " + std::to_string(rank) + " ends with a wrong chunk " +
                 std::to_string(chunk);
        }
      }
    }
    return "";
  }

  std::set<int> wanted_at(int rank, int chunk) const {
    std::set<int> everyone;
    for (int r = 0; r < schedule_.ranks(); ++r) {
      everyone.insert(r);
    }
    const int owner = number(schedule_.owner(chunk));
    const int root = number(schedule_.root());
    const int source = chunk / schedule_.layout().parts;
    switch (schedule_.collective()) {
      case Collective::all_reduce:
        return everyone;
      case Collective::reduce_scatter:
        return rank == owner ? everyone : std::set<int>{};
      case Collective::reduce:
        return rank == root ? everyone : std::set<int>{};
      case Collective::all_gather:
        return {owner};
      case Collective::broadcast:
        return {root};
      case Collective::gather:
        return rank == root ? std::set<int>{owner} : std::set<int>{};
      case Collective::scatter:
        return rank == owner ? std::set<int>{root} : std::set<int>{};
      case Collective::all_to_all:
        return rank == owner ? std::set<int>{source} : std::set<int>{};
      case Collective::send_receive:
        return rank == (source + 1) % schedule_.ranks() ? std::set<int>{source} : std::set<int>{};
    }
    return {};
  }

  const Schedule& schedule_;
  std::mt19937 random_;
  std::vector<Train> trains_;
  Held held_;
  std::string problem_;
};

}  // namespace

std::string interpret(const collectives::Schedule& schedule, std::uint32_t seed) {
  return Interpreter{schedule, seed}.run();
}

}  // namespace reference
