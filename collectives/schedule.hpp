#pragma once
// The intermediate representation of a collective: what moves, and what must have moved before.
//
// A schedule is a list of transfers. A transfer is a train of messages from one rank to another:
// message k carries the chunks that `walk` names for k, and leaves when the conditions in its
// `after` list hold for k and the message before it has left. Most algorithms are loops (a ring
// passes on N - 1 chunks, a pipelined tree all of its pieces), and a loop is one transfer per
// sender: a ring over 16,384 ranks is 32,768 records, not 5 * 10^8.
//
//     ring reduce-scatter, rank r of N:   to r + 1, N - 1 messages, message k carries chunk r - k,
//                                         and waits for message k - 1 of the transfer from r - 1
//
// Builders write it, the verifier proves it, the executor runs it. None of the three knows the
// others.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/units.hpp"
#include "topology/topology.hpp"

namespace collectives {

enum class Rank : std::int32_t {};
enum class TransferId : std::int32_t {};

constexpr std::size_t index(auto id) {
  return static_cast<std::size_t>(id);
}

/// What is wanted. `bytes` (S) is, as in nccl-tests, the larger of a rank's two buffers:
///
///   all_reduce      every rank has S bytes and ends with their sum over the ranks
///   reduce_scatter  every rank has S bytes; rank r ends with block r (S / N) of their sum
///   all_gather      rank r has block r (S / N); every rank ends with all S bytes
///   broadcast       the root has S bytes; every rank ends with them
///   reduce          every rank has S bytes; the root ends with their sum
///   all_to_all      every rank has S bytes, block d (S / N) of them for rank d
///   gather          rank r has block r; the root ends with all S bytes
///   scatter         the root has S bytes; rank r ends with block r
///   send_receive    rank r sends S bytes to rank r + 1, the last one to rank 0
enum class Collective : std::uint8_t {
  all_reduce,
  reduce_scatter,
  all_gather,
  broadcast,
  reduce,
  all_to_all,
  gather,
  scatter,
  send_receive,
};

/// "all-reduce", ... as on the command line.
[[nodiscard]] std::span<const std::string_view> collective_names();
[[nodiscard]] std::string_view name_of(Collective collective);

/// Do the ranks' contributions get summed?
[[nodiscard]] bool is_reducing(Collective collective);

struct ChunkRange {
  std::int32_t first = 0;
  std::int32_t count = 0;
};

/// Which chunks message k of a transfer carries: `width` chunks from
/// `base + width * ((start + k * stride) mod modulus)` on.
struct ChunkWalk {
  std::int32_t base = 0;
  std::int32_t start = 0;
  std::int32_t stride = 0;
  std::int32_t modulus = 1;
  std::int32_t width = 1;

  [[nodiscard]] constexpr ChunkRange at(std::int32_t k) const {
    const std::int64_t turns = start + (static_cast<std::int64_t>(k) * stride);
    const std::int64_t place = ((turns % modulus) + modulus) % modulus;
    return {base + static_cast<std::int32_t>(width * place), width};
  }
};

/// The same chunks in every message.
[[nodiscard]] constexpr ChunkWalk fixed_chunks(std::int32_t first, std::int32_t count) {
  return {.base = first, .start = 0, .stride = 0, .modulus = 1, .width = count};
}

/// At the receiver: add to what is there, or take its place.
enum class Combine : std::uint8_t { copy, reduce };

/// At the sender: what the buffer holds by now, or what the rank came with. A one-shot exchange
/// sends its own contribution while those of others arrive; that is only right from an input that
/// they do not overwrite.
enum class Source : std::uint8_t { buffer, input };

/// Which end of a transfer waits: the sender, before it sends; or the receiver, before it takes a
/// message in. What arrives too early waits in the receiver's buffer.
enum class Side : std::uint8_t { send, receive };

/// A condition: message k waits for message min(k - lag, last) of `transfer`; for none if k < lag.
/// If that transfer leads to the rank that waits, the message must have arrived (and been taken in
/// and reduced); if it comes from that rank, it must have left. Nothing else can be waited for: a
/// rank knows what it sent and what it got.
struct After {
  TransferId transfer{};
  std::int32_t lag = 0;
  Side side = Side::send;
};

/// Wait for all of `transfer`, whatever the message.
inline constexpr std::int32_t lag_all = -(1 << 30);

struct Transfer {
  Rank from{};
  Rank to{};
  Combine combine{};
  Source source = Source::buffer;
  std::int32_t messages = 1;
  std::int32_t channel = 0;      // which of the parallel instances; ECMP hashes it
  std::int32_t step = -1;        // in which message 0 is sent, if the algorithm goes by time steps
  std::int32_t step_stride = 1;  // steps from one message to the next
  ChunkWalk chunks;
  // Which tree or ring message k belongs to, as a number (`flow->at(k).first`): it orders what is
  // sent, and what arrives, in one time step. Without it the chunks do.
  std::optional<ChunkWalk> flow{};
};

[[nodiscard]] constexpr std::int32_t step_of(const Transfer& transfer, std::int32_t k) {
  return transfer.step + (k * transfer.step_stride);
}
[[nodiscard]] constexpr std::int32_t flow_of(const Transfer& transfer, std::int32_t k) {
  return transfer.flow.value_or(transfer.chunks).at(k).first;
}

/// How the data is cut. Chunk c is part `c mod parts` of a block of `bytes`: the first
/// `bytes mod parts` parts are one byte longer than the others.
struct ChunkLayout {
  sim::Bytes bytes;
  std::int32_t parts = 1;

  /// The chunks of the range lie in one block.
  [[nodiscard]] sim::Bytes size(ChunkRange range) const;
};

/// A dependency graph of messages in loop form.
class Schedule {
 public:
  Schedule(Collective collective, std::int32_t ranks, std::int32_t chunks, ChunkLayout layout)
      : collective_{collective}, ranks_{ranks}, chunks_{chunks}, layout_{layout} {}

  /// Appends a transfer; returns its id, to be named in `after` lists. The list may name transfers
  /// that are added later. `route` fixes the links it takes; empty leaves that to the network's
  /// routing. Requires from != to, messages >= 1 and chunks that exist.
  TransferId add(const Transfer& transfer, std::span<const After> after = {},
                 std::span<const topology::LinkId> route = {});

  /// The id that the next call of `add` will return.
  [[nodiscard]] TransferId next_id() const {
    return TransferId{static_cast<std::int32_t>(transfers_.size())};
  }

  void set_root(Rank root) { root_ = root; }

  /// Makes a switch take part: it brings nothing and is promised nothing, but adds up what it gets
  /// and passes it on. Returns its number, one behind those of the ranks and of switches before it.
  Rank add_switch(topology::NodeId node);
  [[nodiscard]] std::span<const topology::NodeId> switches() const { return switches_; }

  /// Ranks and switches.
  [[nodiscard]] std::int32_t participants() const {
    return ranks_ + static_cast<std::int32_t>(switches_.size());
  }

  [[nodiscard]] Collective collective() const { return collective_; }
  [[nodiscard]] std::int32_t ranks() const { return ranks_; }
  [[nodiscard]] std::int32_t chunks() const { return chunks_; }
  [[nodiscard]] const ChunkLayout& layout() const { return layout_; }
  [[nodiscard]] Rank root() const { return root_; }

  [[nodiscard]] std::span<const Transfer> transfers() const { return transfers_; }
  [[nodiscard]] const Transfer& transfer(TransferId id) const { return transfers_[index(id)]; }
  [[nodiscard]] std::span<const After> after(TransferId id) const;
  [[nodiscard]] std::span<const topology::LinkId> route(TransferId id) const;

  /// Over all transfers.
  [[nodiscard]] std::int64_t messages() const;

  /// The rank that a chunk belongs to in a collective that cuts the buffer in blocks by rank
  /// (reduce-scatter, all-gather, gather, scatter), and the destination in an all-to-all. Blocks of
  /// `pieces` chunks belong to the ranks in turn, unless `set_owners` says otherwise.
  [[nodiscard]] Rank owner(std::int32_t chunk) const;
  void set_pieces(std::int32_t pieces) { pieces_ = pieces; }

  /// Whose block is whose. Requires one rank per block.
  void set_owners(std::vector<Rank> owners);

 private:
  Collective collective_;
  std::int32_t ranks_;
  std::int32_t chunks_;
  ChunkLayout layout_;
  Rank root_{};
  std::vector<topology::NodeId> switches_;
  std::int32_t pieces_ = 1;
  std::vector<Rank> owners_;  // per block; empty: the ranks in turn
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> after_begin_{0};
  std::vector<After> after_;
  std::vector<std::uint32_t> route_begin_{0};
  std::vector<topology::LinkId> route_;
};

/// Does message k of a transfer have a condition `after`, on a transfer of `messages` messages? And
/// on which of its messages?
struct Awaited {
  bool exists = false;
  std::int32_t message = 0;
};
[[nodiscard]] constexpr Awaited awaited(const After& after, std::int32_t k, std::int32_t messages) {
  const std::int64_t wanted = static_cast<std::int64_t>(k) - after.lag;
  if (wanted < 0) {
    return {false, 0};
  }
  return {true, wanted < messages ? static_cast<std::int32_t>(wanted) : messages - 1};
}

}  // namespace collectives
