#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collectives/schedule.hpp"

namespace collectives {

/// How far a schedule has come: which messages have left and arrived, and which may start.
///
/// Knows no clock. The executor drives it with a network's events, the verifier with an order of
/// its own. Every step costs time in proportion to the conditions it touches.
class Progress {
 public:
  /// `schedule` outlives this and does not change.
  explicit Progress(const Schedule& schedule);

  /// The transfers whose next message may be sent now; empties the list. Each is to be sent.
  [[nodiscard]] bool has_ready() const { return !ready_.empty(); }
  void take_ready(std::vector<TransferId>& out);

  /// The transfers of which the receiver may take in one more message now, one entry per message;
  /// empties the list. Each is to be taken in.
  [[nodiscard]] bool has_landed() const { return !landed_.empty(); }
  void take_landed(std::vector<TransferId>& out);

  /// The message that `id` sends next, or is sending.
  [[nodiscard]] std::int32_t current(TransferId id) const { return states_[index(id)].left; }

  /// The current message has left; the next one may become ready.
  void on_left(TransferId id);

  /// One more message has reached the receiver; it may be taken in at once, or later.
  void on_landed(TransferId id);

  /// One more message has been taken in, and reduced where that is asked: it has arrived.
  void on_arrived(TransferId id);

  /// Has every message arrived?
  [[nodiscard]] bool done() const { return undelivered_ == 0; }

  /// Of a schedule that is stuck: which ranks wait for what, and the cycle among them if there is
  /// one. A few lines.
  [[nodiscard]] std::string describe_blocked() const;

 private:
  enum class Fact : std::uint8_t { left, arrived };
  struct State {
    std::int32_t left = 0;
    std::int32_t landed = 0;
    std::int32_t taken = 0;  // landed, and handed out to be taken in
    std::int32_t arrived = 0;
    std::int32_t missing = 0;  // the sender's conditions that do not hold for message `left`
    std::int32_t taking = 0;   // the receiver's that do not hold for message `taken`
  };
  /// A transfer that waits for another one's messages.
  struct Dependent {
    TransferId transfer{};
    std::int32_t lag = 0;
    Side side{};
    Fact fact{};
  };

  [[nodiscard]] Fact fact_of(TransferId waiting, const After& after) const;
  [[nodiscard]] bool holds(TransferId waiting, const After& after, std::int32_t message) const;
  [[nodiscard]] std::int32_t count_missing(TransferId id, Side side, std::int32_t message) const;
  void prepare(TransferId id);
  void offer(TransferId id);
  void announce(TransferId id, std::int32_t message, Fact fact);
  [[nodiscard]] std::string describe_one(TransferId id) const;
  [[nodiscard]] TransferId first_missing(TransferId id) const;

  const Schedule* schedule_;
  std::vector<State> states_;
  std::vector<std::uint32_t> dependents_begin_;
  std::vector<Dependent> dependents_;
  std::vector<TransferId> ready_;
  std::vector<TransferId> landed_;
  bool receivers_wait_ = false;  // does any condition concern a receiver?
  std::int64_t undelivered_ = 0;
};

}  // namespace collectives
