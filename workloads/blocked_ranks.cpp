#include "workloads/blocked_ranks.hpp"

#include <fmt/format.h>

namespace workloads {
namespace {

constexpr std::size_t shown = 8;

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

/// The number that users know a rank by.
std::int32_t endpoint(const RankPrograms& all, std::int32_t rank) {
  return all.endpoint_of.empty() ? rank : all.endpoint_of[at(rank)];
}

std::string absent_from(const RankPrograms& all, std::span<const RankState> ranks,
                        const Communicator& communicator, const CommunicatorState& state) {
  std::string out;
  std::size_t count = 0;
  for (const std::int32_t member : communicator.ranks) {
    const bool is_absent = ranks[at(member)].begun[communicator.slot] <= state.first_turn;
    if (is_absent && ++count <= shown) {
      out += fmt::format(" {}", endpoint(all, member));
    }
  }
  return out;
}

}  // namespace

std::string blocked_ranks(const RankPrograms& all, std::span<const RankState> ranks,
                          std::span<const CommunicatorState> communicators) {
  std::string out = "the step cannot go on:";
  std::size_t count = 0;
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    const RankState& state = ranks[at(rank)];
    if (state.is_done || ++count > shown) {
      continue;
    }
    const Instruction& instruction = all.programs[at(all.program_of[at(rank)])][state.next];
    out += fmt::format("\n  rank {} waits for ", endpoint(all, rank));
    if (instruction.kind == Instruction::Kind::wait) {
      const auto number = at(all.communicator_of[at(rank)][instruction.slot]);
      out += "ranks that do not take part in a collective:" +
             absent_from(all, ranks, all.communicators[number], communicators[number]);
    } else {
      const bool receives = instruction.kind == Instruction::Kind::receive;
      out += fmt::format("a message {} rank {}", receives ? "from" : "to reach",
                         endpoint(all, all.peer_of[at(rank)][instruction.slot]));
    }
  }
  return count > shown ? out + fmt::format("\n  and {} more", count - shown) : out;
}

}  // namespace workloads
