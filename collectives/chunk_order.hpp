#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collectives/bit_table.hpp"
#include "collectives/schedule.hpp"
#include "collectives/timeline.hpp"

namespace collectives {

/// What happens to a chunk: message `message` of its messages leaves, or arrives.
struct Access {
  std::uint32_t when = 0;
  std::uint32_t message = 0;
  bool is_send = false;
};

/// Tells which uses of one chunk have the same order in every run that the conditions allow.
class ChunkOrder {
 public:
  /// Both outlive this.
  ChunkOrder(const Schedule& schedule, const Timeline& timeline)
      : timeline_{&timeline}, first_of_transfer_(schedule.transfers().size(), -1) {}

  /// Turns to a chunk: its messages in the order in which they arrive, and what happens to it, in
  /// order. Both stay as they are until the next call.
  void look_at(std::span<const Message> messages, std::span<const Access> accesses);

  /// Is `first` surely over before `second` begins? A send is a use from the moment it starts
  /// until it has left. Transitive.
  [[nodiscard]] bool is_ordered(const Access& first, const Access& second);

 private:
  /// Per message of the chunk, which others are surely past some point before it leaves or arrives.
  struct Before {
    BitTable left;
    BitTable arrived;
  };

  [[nodiscard]] bool is_direct(const Access& first, const Access& second) const;
  void fill_reach();
  void add_cause(const Access& access, const Message& cause, bool arrives);
  [[nodiscard]] std::int32_t in_chunk(TransferId id, std::int32_t number) const;
  void link_transfers();
  [[nodiscard]] bool search(const Access& first, const Access& second) const;

  const Timeline* timeline_;
  std::span<const Message> messages_;
  std::span<const Access> accesses_;
  Before before_leaving_;
  Before before_arriving_;
  bool reach_filled_ = false;

  // The chunk's messages by transfer: the first one, and from each the next. -1: none.
  std::vector<std::int32_t> first_of_transfer_;
  std::vector<std::int32_t> next_of_transfer_;
};

}  // namespace collectives
