#include "collectives/verify.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collectives/progress.hpp"

namespace collectives {
namespace {

/// A message, and when it leaves and arrives in one order that the conditions allow.
struct Message {
  TransferId transfer{};
  std::int32_t number = 0;
  std::uint32_t leaves = 0;
  std::uint32_t arrives = 0;
};

/// A set of ranks, as bits in a row of a table.
using Word = std::uint64_t;
constexpr std::size_t word_bits = 64;

void insert(std::span<Word> set, std::size_t element) {
  set[element / word_bits] |= Word{1} << (element % word_bits);
}
bool contains(std::span<const Word> set, std::size_t element) {
  return (set[element / word_bits] >> (element % word_bits) & 1U) != 0;
}
bool is_empty(std::span<const Word> set) {
  return std::ranges::all_of(set, [](Word word) { return word == 0; });
}
std::size_t count(std::span<const Word> set) {
  std::size_t sum = 0;
  for (const Word word : set) {
    sum += static_cast<std::size_t>(std::popcount(word));
  }
  return sum;
}

/// Rows of bits, all of one width.
class BitTable {
 public:
  void reset(std::size_t rows, std::size_t bits) {
    width_ = (bits + word_bits - 1) / word_bits;
    words_.assign(rows * width_, 0);
  }
  [[nodiscard]] std::span<Word> row(std::size_t i) {
    return std::span{words_}.subspan(i * width_, width_);
  }

 private:
  std::size_t width_ = 0;
  std::vector<Word> words_;
};

class Verifier {
 public:
  explicit Verifier(const Schedule& schedule) : schedule_{&schedule} {}

  std::optional<std::string> run() {
    if (!check_layout()) {
      return problem_;
    }
    if (!order_messages()) {
      return problem_;
    }
    sort_by_chunk();
    for (std::int32_t chunk = 0; chunk < schedule_->chunks(); ++chunk) {
      if (!check_chunk(chunk)) {
        return fmt::format("{} (of {} schedule, {} ranks)", problem_,
                           name_of(schedule_->collective()), schedule_->ranks());
      }
    }
    return std::nullopt;
  }

 private:
  /// What happens to the chunk: message `message` of its messages leaves, or arrives.
  struct Access {
    std::uint32_t when = 0;
    std::uint32_t message = 0;
    bool is_send = false;
  };
  struct Times {
    std::uint32_t leaves = 0;
    std::uint32_t arrives = 0;
  };

  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  [[nodiscard]] const Transfer& transfer(const Message& message) const {
    return schedule_->transfer(message.transfer);
  }

  [[nodiscard]] Message message_of(TransferId id, std::int32_t number) const {
    const Times& times = times_[first_message_[index(id)] + static_cast<std::size_t>(number)];
    return {id, number, times.leaves, times.arrives};
  }

  bool check_layout();
  bool order_messages();
  void sort_by_chunk();
  bool check_chunk(std::int32_t chunk);
  void start_holdings(std::int32_t chunk);
  bool replay(std::int32_t chunk);
  bool replay_send(std::int32_t chunk, std::size_t message);
  bool replay_arrival(std::int32_t chunk, std::size_t message);
  bool check_end(std::int32_t chunk);
  bool check_races(std::int32_t chunk);
  bool check_pair(std::int32_t chunk, std::size_t rank, const Access& first, const Access& second);
  bool is_ordered(const Access& first, const Access& second);
  [[nodiscard]] std::int32_t in_chunk(TransferId id, std::int32_t number) const;
  void link_transfers();
  void fill_reach();
  bool search(const Access& first, const Access& second);
  template <class Visit>
  void for_each_cause(const Message& message, Side side, Visit visit) const;

  const Schedule* schedule_;
  std::string problem_;
  std::vector<std::size_t> first_message_;  // per transfer, into times_
  std::vector<Times> times_;                // per message
  std::vector<std::size_t> chunk_begin_;
  std::vector<Message> by_chunk_;     // the messages of each chunk, in the order they arrive
  std::span<const Message> current_;  // those of the chunk being checked
  std::vector<Access> accesses_;      // theirs, in order
  BitTable held_;                     // per rank: contributions held
  BitTable sent_;                     // per message of the chunk: what it carries

  // Per message of the chunk, which others are surely past some point before it leaves or arrives.
  struct Before {
    BitTable left;
    BitTable arrived;
  };
  Before before_leaving_;
  Before before_arriving_;
  bool reach_filled_ = false;

  // The chunk's messages by transfer: the first one, and from each the next. -1: none.
  std::vector<std::int32_t> first_of_transfer_;
  std::vector<std::int32_t> next_of_transfer_;
};

/// The chunks are all of the data, once, and every rank's block has as many as any other's.
bool Verifier::check_layout() {
  const bool by_sender = schedule_->collective() == Collective::all_to_all ||
                         schedule_->collective() == Collective::send_receive;
  const std::int32_t blocks = by_sender ? schedule_->ranks() : 1;
  if (schedule_->chunks() != blocks * schedule_->layout().parts) {
    return fail(fmt::format("{} chunks are not the {} parts of the data", schedule_->chunks(),
                            blocks * schedule_->layout().parts));
  }
  const bool owned = schedule_->collective() == Collective::reduce_scatter ||
                     schedule_->collective() == Collective::all_gather ||
                     schedule_->collective() == Collective::gather ||
                     schedule_->collective() == Collective::scatter;
  std::vector<std::int32_t> count(static_cast<std::size_t>(schedule_->ranks()));
  for (std::int32_t chunk = 0; owned && chunk < schedule_->chunks(); ++chunk) {
    ++count[index(schedule_->owner(chunk))];
  }
  const auto uneven = std::ranges::adjacent_find(count, std::ranges::not_equal_to{});
  return uneven == count.end() ||
         fail(fmt::format("rank {} has a block of {} chunks, the next rank one of {}",
                          uneven - count.begin(), *uneven, *(uneven + 1)));
}

/// Completes messages as soon as their conditions hold: an order that the conditions allow.
bool Verifier::order_messages() {
  first_message_.push_back(0);
  for (const Transfer& each : schedule_->transfers()) {
    first_message_.push_back(first_message_.back() + static_cast<std::size_t>(each.messages));
  }
  times_.resize(first_message_.back());
  Progress progress{*schedule_};
  std::vector<TransferId> batch;
  std::vector<std::size_t> arrived{first_message_.begin(), first_message_.end() - 1};
  std::uint32_t now = 0;
  while (progress.has_ready()) {
    progress.take_ready(batch);
    for (const TransferId id : batch) {
      times_[first_message_[index(id)] + static_cast<std::size_t>(progress.current(id))].leaves =
          now++;
      progress.on_left(id);
      progress.on_landed(id);
    }
    while (progress.has_landed()) {
      progress.take_landed(batch);
      for (const TransferId id : batch) {
        times_[arrived[index(id)]++].arrives = now++;
        progress.on_arrived(id);
      }
    }
  }
  return progress.done() || fail("messages wait for each other:\n" + progress.describe_blocked());
}

void Verifier::sort_by_chunk() {
  chunk_begin_.assign(static_cast<std::size_t>(schedule_->chunks()) + 1, 0);
  const auto for_each = [&](auto visit) {
    for (std::size_t t = 0; t < schedule_->transfers().size(); ++t) {
      const Transfer& each = schedule_->transfers()[t];
      for (std::int32_t k = 0; k < each.messages; ++k) {
        const ChunkRange range = each.chunks.at(k);
        for (std::int32_t c = range.first; c < range.first + range.count; ++c) {
          visit(static_cast<std::size_t>(c),
                message_of(TransferId{static_cast<std::int32_t>(t)}, k));
        }
      }
    }
  };
  for_each([&](std::size_t chunk, const Message&) { ++chunk_begin_[chunk + 1]; });
  for (std::size_t c = 1; c < chunk_begin_.size(); ++c) {
    chunk_begin_[c] += chunk_begin_[c - 1];
  }
  by_chunk_.resize(chunk_begin_.back());
  std::vector<std::size_t> next{chunk_begin_.begin(), chunk_begin_.end() - 1};
  for_each([&](std::size_t chunk, const Message& message) { by_chunk_[next[chunk]++] = message; });
}

bool Verifier::check_chunk(std::int32_t chunk) {
  const auto c = static_cast<std::size_t>(chunk);
  const std::span messages =
      std::span{by_chunk_}.subspan(chunk_begin_[c], chunk_begin_[c + 1] - chunk_begin_[c]);
  std::ranges::sort(messages, {}, &Message::arrives);
  current_ = messages;
  reach_filled_ = false;
  accesses_.clear();
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    accesses_.push_back({messages[i].leaves, i, true});
    accesses_.push_back({messages[i].arrives, i, false});
  }
  std::ranges::sort(accesses_, {}, &Access::when);
  start_holdings(chunk);
  return replay(chunk) && check_races(chunk) && check_end(chunk);
}

/// Which ranks hold a contribution before anything moves.
void Verifier::start_holdings(std::int32_t chunk) {
  const auto ranks = static_cast<std::size_t>(schedule_->ranks());
  held_.reset(ranks, ranks);
  const std::int32_t parts = schedule_->layout().parts;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    bool holds = false;
    switch (schedule_->collective()) {
      case Collective::all_reduce:
      case Collective::reduce_scatter:
      case Collective::reduce:
        holds = true;
        break;
      case Collective::all_gather:
      case Collective::gather:
        holds = rank == index(schedule_->owner(chunk));
        break;
      case Collective::broadcast:
      case Collective::scatter:
        holds = rank == index(schedule_->root());
        break;
      case Collective::all_to_all:
      case Collective::send_receive:
        holds = rank == static_cast<std::size_t>(chunk / parts);
        break;
    }
    if (holds) {
      insert(held_.row(rank), rank);
    }
  }
}

bool Verifier::replay(std::int32_t chunk) {
  sent_.reset(current_.size(), static_cast<std::size_t>(schedule_->ranks()));
  return std::ranges::all_of(accesses_, [&](const Access& access) {
    return access.is_send ? replay_send(chunk, access.message)
                          : replay_arrival(chunk, access.message);
  });
}

bool Verifier::replay_send(std::int32_t chunk, std::size_t message) {
  const Transfer& each = transfer(current_[message]);
  const std::span<Word> sent = sent_.row(message);
  if (each.source == Source::input) {
    insert(sent, index(each.from));
  } else {
    std::ranges::copy(held_.row(index(each.from)), sent.begin());
  }
  return !is_empty(sent) || fail(fmt::format("rank {} sends chunk {} to rank {} before it holds it",
                                             index(each.from), chunk, index(each.to)));
}

bool Verifier::replay_arrival(std::int32_t chunk, std::size_t message) {
  const Transfer& each = transfer(current_[message]);
  const std::span<const Word> sent = sent_.row(message);
  const std::span<Word> received = held_.row(index(each.to));
  if (each.combine == Combine::copy) {
    std::ranges::copy(sent, received.begin());
    return true;
  }
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const Word twice = received[i] & sent[i];
    if (twice != 0) {
      return fail(fmt::format(
          "chunk {} from rank {} reduces the contribution of rank {} a second time at rank {}",
          chunk, index(each.from),
          (i * word_bits) + static_cast<std::size_t>(std::countr_zero(twice)), index(each.to)));
    }
    received[i] |= sent[i];
  }
  return true;
}

bool Verifier::check_end(std::int32_t chunk) {
  const auto ranks = static_cast<std::size_t>(schedule_->ranks());
  const bool reducing = is_reducing(schedule_->collective());
  const auto source = static_cast<std::size_t>(chunk / schedule_->layout().parts);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    bool wanted = false;
    std::size_t from = index(schedule_->owner(chunk));  // of what is not a sum
    switch (schedule_->collective()) {
      case Collective::all_reduce:
      case Collective::all_gather:
        wanted = true;
        break;
      case Collective::broadcast:
        wanted = true;
        from = index(schedule_->root());
        break;
      case Collective::reduce_scatter:
        wanted = rank == index(schedule_->owner(chunk));
        break;
      case Collective::scatter:
        wanted = rank == index(schedule_->owner(chunk));
        from = index(schedule_->root());
        break;
      case Collective::reduce:
      case Collective::gather:
        wanted = rank == index(schedule_->root());
        break;
      case Collective::all_to_all:
        wanted = rank == index(schedule_->owner(chunk));
        from = source;
        break;
      case Collective::send_receive:
        wanted = rank == (source + 1) % ranks;
        from = source;
        break;
    }
    if (!wanted) {
      continue;
    }
    const auto held = held_.row(rank);
    if (reducing ? count(held) != ranks : (count(held) != 1 || !contains(held, from))) {
      return fail(reducing
                      ? fmt::format("rank {} ends with {} of {} contributions to chunk {}", rank,
                                    count(held), ranks, chunk)
                      : fmt::format("rank {} ends without chunk {} of rank {}", rank, chunk, from));
    }
  }
  return true;
}

/// The messages that `message` waits for at one end: calls visit(cause, must it have arrived).
template <class Visit>
void Verifier::for_each_cause(const Message& message, Side side, Visit visit) const {
  const Transfer& each = transfer(message);
  if (message.number > 0) {
    visit(message_of(message.transfer, message.number - 1), side == Side::receive);
  }
  for (const After& after : schedule_->after(message.transfer)) {
    const Transfer& other = schedule_->transfer(after.transfer);
    const Awaited wanted = awaited(after, message.number, other.messages);
    if (wanted.exists && after.side == side) {
      visit(message_of(after.transfer, wanted.message),
            other.to == (side == Side::send ? each.from : each.to));
    }
  }
}

/// The chunk's last message of a transfer that is no later than message `number` of it.
std::int32_t Verifier::in_chunk(TransferId id, std::int32_t number) const {
  std::int32_t found = -1;
  for (std::int32_t i = first_of_transfer_[index(id)];
       i >= 0 && current_[static_cast<std::size_t>(i)].number <= number;
       i = next_of_transfer_[static_cast<std::size_t>(i)]) {
    found = i;
  }
  return found;
}

void Verifier::link_transfers() {
  first_of_transfer_.resize(schedule_->transfers().size(), -1);
  next_of_transfer_.assign(current_.size(), -1);
  for (std::size_t i = current_.size(); i-- > 0;) {  // a transfer's messages arrive in order
    std::int32_t& first = first_of_transfer_[index(current_[i].transfer)];
    next_of_transfer_[i] = first;
    first = static_cast<std::int32_t>(i);
  }
}

/// Works out `Before` as far as causes within the chunk tell. A cause of another chunk counts for
/// the message of its transfer that came before it in this one.
void Verifier::fill_reach() {
  if (std::exchange(reach_filled_, true)) {
    return;
  }
  link_transfers();
  for (Before* before : {&before_leaving_, &before_arriving_}) {
    before->left.reset(current_.size(), current_.size());
    before->arrived.reset(current_.size(), current_.size());
  }
  const auto merge = [](std::span<Word> here, std::span<const Word> more) {
    for (std::size_t w = 0; w < here.size(); ++w) {
      here[w] |= more[w];
    }
  };
  // By the order of events: what an event waits for came before it.
  for (const Access& access : accesses_) {
    Before& before = access.is_send ? before_leaving_ : before_arriving_;
    const auto left = before.left.row(access.message);
    const auto arrived = before.arrived.row(access.message);
    if (!access.is_send) {
      merge(left, before_leaving_.left.row(access.message));
      merge(arrived, before_leaving_.arrived.row(access.message));
    }
    for_each_cause(current_[access.message], access.is_send ? Side::send : Side::receive,
                   [&](const Message& cause, bool arrives) {
                     const std::int32_t found = in_chunk(cause.transfer, cause.number);
                     if (found < 0) {
                       return;
                     }
                     const auto j = static_cast<std::size_t>(found);
                     Before& earlier = arrives ? before_arriving_ : before_leaving_;
                     merge(left, earlier.left.row(j));
                     merge(arrived, earlier.arrived.row(j));
                     insert(left, j);
                     if (arrives) {
                       insert(arrived, j);
                     }
                   });
  }
  for (const Message& message : current_) {
    first_of_transfer_[index(message.transfer)] = -1;
  }
}

/// Does `first` come before `second` in every order that the conditions allow?
bool Verifier::is_ordered(const Access& first, const Access& second) {
  const Message& earlier = current_[first.message];
  bool direct = false;
  const auto look = [&](const Message& cause, bool arrives) {
    // Messages of one transfer leave, and arrive, in order.
    direct = direct || (cause.transfer == earlier.transfer && cause.number >= earlier.number &&
                        (arrives || first.is_send));
  };
  for_each_cause(current_[second.message], Side::send, look);
  if (!second.is_send) {
    for_each_cause(current_[second.message], Side::receive, look);
  }
  if (direct) {
    return true;
  }
  fill_reach();
  Before& before = second.is_send ? before_leaving_ : before_arriving_;
  BitTable& table = first.is_send ? before.left : before.arrived;
  return contains(table.row(second.message), first.message) || search(first, second);
}

/// The same by walking back over all causes, of whatever chunk: exact, slow, seldom needed.
bool Verifier::search(const Access& first, const Access& second) {
  const Message& earlier = current_[first.message];
  // What is left to look at: a message, and whether what it waits for to arrive counts as well.
  std::vector<std::pair<Message, bool>> stack{{current_[second.message], !second.is_send}};
  std::unordered_set<std::uint64_t> seen;  // never iterated
  bool found = false;
  const auto look = [&](const Message& cause, bool arrives) {
    found = found || (cause.transfer == earlier.transfer && cause.number >= earlier.number &&
                      (arrives || first.is_send));
    const std::uint64_t key =
        (static_cast<std::uint64_t>(cause.arrives) << 1U) | (arrives ? 1U : 0U);
    if (cause.arrives > earlier.leaves && seen.insert(key).second) {
      stack.emplace_back(cause, arrives);
    }
  };
  while (!stack.empty() && !found) {
    const auto [at, arrives] = stack.back();
    stack.pop_back();
    for_each_cause(at, Side::send, look);
    if (arrives) {
      for_each_cause(at, Side::receive, look);
    }
  }
  return found;
}

/// Two uses of one chunk at one rank of which one changes it must have a fixed order. Reductions
/// may come in any order among themselves.
bool Verifier::check_races(std::int32_t chunk) {
  std::vector<std::vector<Access>> at_rank(static_cast<std::size_t>(schedule_->ranks()));
  for (const Access& access : accesses_) {
    const Transfer& each = transfer(current_[access.message]);
    if (!access.is_send) {
      at_rank[index(each.to)].push_back(access);
    } else if (each.source == Source::buffer) {
      at_rank[index(each.from)].push_back(access);
    }
  }
  for (std::size_t rank = 0; rank < at_rank.size(); ++rank) {
    const auto& here = at_rank[rank];
    for (std::size_t b = 1; b < here.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) {
        if (!check_pair(chunk, rank, here[a], here[b])) {
          return false;
        }
      }
    }
  }
  return true;
}

bool Verifier::check_pair(std::int32_t chunk, std::size_t rank, const Access& first,
                          const Access& second) {
  const auto reduces = [&](const Access& access) {
    return !access.is_send && transfer(current_[access.message]).combine == Combine::reduce;
  };
  if ((first.is_send && second.is_send) || (reduces(first) && reduces(second)) ||
      is_ordered(first, second)) {
    return true;
  }
  return fail(fmt::format(
      "chunk {} at rank {} is {} and {} (transfers {} and {}) in no fixed order", chunk, rank,
      first.is_send ? "sent" : "received", second.is_send ? "sent" : "received",
      index(current_[first.message].transfer), index(current_[second.message].transfer)));
}

}  // namespace

std::optional<std::string> verify(const Schedule& schedule) {
  return Verifier{schedule}.run();
}

}  // namespace collectives
