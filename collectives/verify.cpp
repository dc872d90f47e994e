#include "collectives/verify.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collectives/bit_table.hpp"
#include "collectives/chunk_order.hpp"
#include "collectives/promise.hpp"
#include "collectives/timeline.hpp"

namespace collectives {
namespace {

/// Replays a schedule chunk by chunk.
class Verifier {
 public:
  Verifier(const Schedule& schedule, const Timeline& timeline)
      : schedule_{&schedule}, timeline_{&timeline}, order_{schedule, timeline} {}

  /// The first problem found.
  std::optional<std::string> run() {
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
  /// How a use changes a chunk at a rank. Uses of one kind may come in any order, but for copies.
  enum class Use : std::uint8_t { send, reduce, copy };

  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  [[nodiscard]] const Transfer& transfer(const Access& access) const {
    return schedule_->transfer(messages_[access.message].transfer);
  }
  [[nodiscard]] Use use(const Access& access) const {
    if (access.is_send) {
      return Use::send;
    }
    return transfer(access).combine == Combine::reduce ? Use::reduce : Use::copy;
  }

  void sort_by_chunk();
  bool check_chunk(std::int32_t chunk);
  bool replay(std::int32_t chunk);
  bool replay_send(std::int32_t chunk, const Access& access);
  bool replay_arrival(std::int32_t chunk, const Access& access);
  bool check_end(std::int32_t chunk);
  bool check_races(std::int32_t chunk);
  bool check_races_at(std::int32_t chunk, std::size_t rank, std::span<const Access> accesses);

  const Schedule* schedule_;
  const Timeline* timeline_;
  ChunkOrder order_;
  std::string problem_;
  std::vector<std::size_t> chunk_begin_;
  std::vector<Message> by_chunk_;      // the messages of each chunk, in the order they arrive
  std::span<const Message> messages_;  // those of the chunk being checked
  std::vector<Access> accesses_;       // what they do to it, in order
  BitTable held_;                      // per rank: contributions held
  BitTable sent_;                      // per message of the chunk: what it carries
};

void Verifier::sort_by_chunk() {
  chunk_begin_.assign(static_cast<std::size_t>(schedule_->chunks()) + 1, 0);
  const auto for_each = [&](auto visit) {
    for (std::size_t t = 0; t < schedule_->transfers().size(); ++t) {
      const TransferId id{static_cast<std::int32_t>(t)};
      const Transfer& each = schedule_->transfer(id);
      for (std::int32_t k = 0; k < each.messages; ++k) {
        const ChunkRange range = each.chunks.at(k);
        for (std::int32_t c = range.first; c < range.first + range.count; ++c) {
          visit(static_cast<std::size_t>(c), timeline_->message(id, k));
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
  messages_ = messages;
  accesses_.clear();
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    accesses_.push_back({messages[i].leaves, i, true});
    accesses_.push_back({messages[i].arrives, i, false});
  }
  std::ranges::sort(accesses_, {}, &Access::when);
  order_.look_at(messages_, accesses_);
  return replay(chunk) && check_races(chunk) && check_end(chunk);
}

/// Carries contributions along, in the order of the timeline.
bool Verifier::replay(std::int32_t chunk) {
  const auto ranks = static_cast<std::size_t>(schedule_->ranks());
  held_.reset(static_cast<std::size_t>(schedule_->participants()), ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    if (holds_at_start(*schedule_, chunk, Rank{static_cast<std::int32_t>(rank)})) {
      insert(held_.row(rank), rank);
    }
  }
  sent_.reset(messages_.size(), ranks);
  return std::ranges::all_of(accesses_, [&](const Access& access) {
    return access.is_send ? replay_send(chunk, access) : replay_arrival(chunk, access);
  });
}

bool Verifier::replay_send(std::int32_t chunk, const Access& access) {
  const Transfer& each = transfer(access);
  const std::span<Word> sent = sent_.row(access.message);
  if (each.source == Source::input) {
    insert(sent, index(each.from));
  } else {
    std::ranges::copy(held_.row(index(each.from)), sent.begin());
  }
  return !is_empty(sent) || fail(fmt::format("rank {} sends chunk {} to rank {} before it holds it",
                                             index(each.from), chunk, index(each.to)));
}

bool Verifier::replay_arrival(std::int32_t chunk, const Access& access) {
  const Transfer& each = transfer(access);
  const std::span<const Word> sent = sent_.row(access.message);
  const std::span<Word> held = held_.row(index(each.to));
  if (each.combine == Combine::copy) {
    std::ranges::copy(sent, held.begin());
    return true;
  }
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const Word twice = held[i] & sent[i];
    if (twice != 0) {
      return fail(fmt::format(
          "chunk {} from rank {} reduces the contribution of rank {} a second time at rank {}",
          chunk, index(each.from),
          (i * word_bits) + static_cast<std::size_t>(std::countr_zero(twice)), index(each.to)));
    }
  }
  merge(held, sent);
  return true;
}

bool Verifier::check_end(std::int32_t chunk) {
  const auto ranks = static_cast<std::size_t>(schedule_->ranks());
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const Promise wanted = promised(*schedule_, chunk, Rank{static_cast<std::int32_t>(rank)});
    const auto held = held_.row(rank);
    if (wanted.kind == Promise::Kind::sum && count(held) != ranks) {
      return fail(fmt::format("rank {} ends with {} of {} contributions to chunk {}", rank,
                              count(held), ranks, chunk));
    }
    if (wanted.kind == Promise::Kind::copy &&
        (count(held) != 1 || !contains(held, index(wanted.from)))) {
      return fail(
          fmt::format("rank {} ends without chunk {} of rank {}", rank, chunk, index(wanted.from)));
    }
  }
  return true;
}

/// Two uses of one chunk at one rank of which one changes it must have a fixed order.
bool Verifier::check_races(std::int32_t chunk) {
  std::vector<std::vector<Access>> at_rank(static_cast<std::size_t>(schedule_->participants()));
  for (const Access& access : accesses_) {
    const Transfer& each = transfer(access);
    if (!access.is_send) {
      at_rank[index(each.to)].push_back(access);
    } else if (each.source == Source::buffer) {
      at_rank[index(each.from)].push_back(access);
    }
  }
  for (std::size_t rank = 0; rank < at_rank.size(); ++rank) {
    if (!check_races_at(chunk, rank, at_rank[rank])) {
      return false;
    }
  }
  return true;
}

/// Runs of uses that may come in any order among themselves follow each other. It is enough that
/// each use of a run comes before each of the next run: what is further apart follows from that.
bool Verifier::check_races_at(std::int32_t chunk, std::size_t rank,
                              std::span<const Access> accesses) {
  std::span<const Access> run;
  for (std::size_t begin = 0; begin < accesses.size();) {
    const Use kind = use(accesses[begin]);
    std::size_t end = begin + 1;
    while (kind != Use::copy && end < accesses.size() && use(accesses[end]) == kind) {
      ++end;
    }
    const std::span<const Access> next = accesses.subspan(begin, end - begin);
    for (const Access& first : run) {
      for (const Access& second : next) {
        if (!order_.is_ordered(first, second)) {
          return fail(fmt::format(
              "chunk {} at rank {} is {} and {} (transfers {} and {}) in no fixed order", chunk,
              rank, first.is_send ? "sent" : "received", second.is_send ? "sent" : "received",
              index(messages_[first.message].transfer), index(messages_[second.message].transfer)));
        }
      }
    }
    run = next;
    begin = end;
  }
  return true;
}

}  // namespace

std::optional<std::string> verify(const Schedule& schedule) {
  if (auto problem = layout_problem(schedule)) {
    return problem;
  }
  const Timeline timeline{schedule};
  if (!timeline.problem().empty()) {
    return timeline.problem();
  }
  return Verifier{schedule, timeline}.run();
}

}  // namespace collectives
