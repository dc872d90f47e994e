#include "workloads/pipeline.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/text_list.hpp"

namespace workloads {

std::string text_of(const Slot& slot, std::int32_t chunks) {
  constexpr std::string_view letters = "FBIW";
  const char letter = letters[static_cast<std::size_t>(slot.work)];
  return chunks > 1 ? fmt::format("{}{}.{}", letter, slot.micro_batch, slot.chunk)
                    : fmt::format("{}{}", letter, slot.micro_batch);
}

std::vector<StageOrder> gpipe(std::int32_t stages, std::int32_t micro_batches) {
  StageOrder order;
  for (const Work work : {Work::forward, Work::backward}) {
    for (std::int32_t i = 0; i < micro_batches; ++i) {
      order.push_back({work, i, 0});
    }
  }
  return std::vector<StageOrder>(static_cast<std::size_t>(stages), order);
}

std::vector<StageOrder> one_f_one_b(std::int32_t stages, std::int32_t micro_batches) {
  std::vector<StageOrder> orders;
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    const std::int32_t warm_up = std::min(stages - stage - 1, micro_batches);
    StageOrder& order = orders.emplace_back();
    for (std::int32_t i = 0; i < warm_up; ++i) {
      order.push_back({Work::forward, i, 0});
    }
    for (std::int32_t i = 0; i < micro_batches; ++i) {
      if (i + warm_up < micro_batches) {
        order.push_back({Work::forward, i + warm_up, 0});
      }
      order.push_back({Work::backward, i, 0});
    }
  }
  return orders;
}

std::vector<StageOrder> interleaved(std::int32_t stages, std::int32_t micro_batches,
                                    std::int32_t chunks) {
  sim::require(micro_batches % stages == 0, "interleaving takes micro-batches by the stages");
  const std::int32_t all = micro_batches * chunks;
  // The k-th pass of a stage: `stages` micro-batches through a chunk, then through the next one.
  const auto slot = [&](Work work, std::int32_t k) {
    const std::int32_t chunk = (k / stages) % chunks;
    return Slot{work, ((k / (stages * chunks)) * stages) + (k % stages),
                work == Work::forward ? chunk : chunks - 1 - chunk};
  };
  std::vector<StageOrder> orders;
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    const std::int32_t ahead = ((stages - stage - 1) * 2) + ((chunks - 1) * stages);
    const std::int32_t warm_up = std::min(ahead, all);
    StageOrder& order = orders.emplace_back();
    for (std::int32_t k = 0; k < warm_up; ++k) {
      order.push_back(slot(Work::forward, k));
    }
    for (std::int32_t k = 0; k < all; ++k) {
      if (k + warm_up < all) {
        order.push_back(slot(Work::forward, k + warm_up));
      }
      order.push_back(slot(Work::backward, k));
    }
  }
  return orders;
}

std::vector<StageOrder> zero_bubble(std::int32_t stages, std::int32_t micro_batches) {
  std::vector<StageOrder> orders;
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    const std::int32_t warm_up = std::min(stages - stage - 1, micro_batches);
    StageOrder& order = orders.emplace_back();
    for (std::int32_t i = 0; i < warm_up; ++i) {
      order.push_back({Work::forward, i, 0});
    }
    std::int32_t weights = 0;
    for (std::int32_t i = 0; i < micro_batches; ++i) {
      if (i + warm_up < micro_batches) {
        order.push_back({Work::forward, i + warm_up, 0});
      }
      order.push_back({Work::backward_inputs, i, 0});
      // The later the stage, the more weights wait, so that inputs get to earlier stages sooner.
      if (i >= stage) {
        order.push_back({Work::backward_weights, weights++, 0});
      }
    }
    while (weights < micro_batches) {
      order.push_back({Work::backward_weights, weights++, 0});
    }
  }
  return orders;
}

namespace {

std::optional<std::int32_t> number_of(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && value >= 0;
  return whole ? std::optional{value} : std::nullopt;
}

std::optional<Slot> slot_of(std::string_view word) {
  constexpr std::string_view letters = "FBIW";
  constexpr std::size_t none = std::string_view::npos;
  const std::size_t letter = letters.find(word.front());
  const std::size_t point = word.find('.');
  const auto micro_batch = number_of(word.substr(1, point == none ? none : point - 1));
  const auto chunk =
      point == none ? std::optional<std::int32_t>{0} : number_of(word.substr(point + 1));
  if (letter == none || !micro_batch || !chunk) {
    return std::nullopt;
  }
  return Slot{static_cast<Work>(letter), *micro_batch, *chunk};
}

}  // namespace

StageOrder parse_order(const std::string& where, std::string_view text) {
  StageOrder order;
  for (const std::string_view word : sim::split(text, ' ')) {
    if (word.empty()) {
      continue;
    }
    const auto slot = slot_of(word);
    if (!slot) {
      throw sim::Error{where,
                       fmt::format("expected passes such as 'F0 B0 F1.2 I1 W1', got '{}'", word)};
    }
    order.push_back(*slot);
  }
  return order;
}

namespace {

/// What has to be over before a pass: another one, or nothing (a pass with a negative part).
struct Pass {
  Work work{};
  std::int32_t micro_batch = 0;
  std::int32_t part = -1;

  friend auto operator<=>(const Pass&, const Pass&) = default;
};

std::string name_of(const Slot& slot) {
  constexpr std::string_view letters = "FBIW";
  return fmt::format("{}{}.{}", letters.at(static_cast<std::size_t>(slot.work)), slot.micro_batch,
                     slot.chunk);
}

/// Passes, whether whole or in halves, under one name: the half for the inputs stands for both.
Work as_one(Work work) {
  return work == Work::backward ? Work::backward_inputs : work;
}

std::vector<Pass> needs_of(const Slot& slot, std::int32_t part, std::int32_t parts) {
  switch (slot.work) {
    case Work::forward:
      return {{Work::forward, slot.micro_batch, part - 1}};
    case Work::backward_weights:
      return {{Work::backward_inputs, slot.micro_batch, part}};
    case Work::backward:
    case Work::backward_inputs:
      break;
  }
  return {{Work::forward, slot.micro_batch, part},
          {Work::backward_inputs, slot.micro_batch, part + 1 < parts ? part + 1 : -1}};
}

/// Every pass there once, and a backward pass either whole or in both halves.
std::string missing_in(const StageOrder& order, std::int32_t stage, std::int32_t micro_batches,
                       std::int32_t chunks) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::array<std::int32_t, 4>> counts;
  for (const Slot& slot : order) {
    if (slot.micro_batch >= micro_batches || slot.chunk >= chunks) {
      return fmt::format("stage {}: {} is beyond {} micro-batches and {} chunks", stage,
                         name_of(slot), micro_batches, chunks);
    }
    ++counts[{slot.micro_batch, slot.chunk}].at(static_cast<std::size_t>(slot.work));
  }
  for (std::int32_t i = 0; i < micro_batches; ++i) {
    for (std::int32_t chunk = 0; chunk < chunks; ++chunk) {
      const auto& [forward, whole, inputs, weights] = counts[{i, chunk}];
      const bool is_right = forward == 1 && inputs == weights && whole + inputs == 1;
      if (!is_right) {
        return fmt::format(
            "stage {}: micro-batch {}, chunk {} goes forward {} times, backward {} times in one, "
            "{} and {} times in halves",
            stage, i, chunk, forward, whole, inputs, weights);
      }
    }
  }
  return {};
}

}  // namespace

std::string fault_of(std::span<const StageOrder> orders, std::int32_t micro_batches,
                     std::int32_t chunks) {
  const auto stages = static_cast<std::int32_t>(orders.size());
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    const std::string missing =
        missing_in(orders[static_cast<std::size_t>(stage)], stage, micro_batches, chunks);
    if (!missing.empty()) {
      return missing;
    }
  }
  std::vector<std::size_t> next(orders.size(), 0);
  std::map<Pass, bool> over;
  const auto is_over = [&](const Pass& pass) { return pass.part < 0 || over.contains(pass); };
  bool moves = true;
  while (moves) {
    moves = false;
    for (std::size_t stage = 0; stage < orders.size(); ++stage) {
      for (; next[stage] < orders[stage].size(); ++next[stage], moves = true) {
        const Slot& slot = orders[stage][next[stage]];
        const std::int32_t part = (slot.chunk * stages) + static_cast<std::int32_t>(stage);
        if (!std::ranges::all_of(needs_of(slot, part, stages * chunks), is_over)) {
          break;
        }
        over[{as_one(slot.work), slot.micro_batch, part}] = true;
      }
    }
  }
  std::string stuck;
  for (std::size_t stage = 0; stage < orders.size(); ++stage) {
    if (next[stage] < orders[stage].size()) {
      stuck += fmt::format("{}stage {} waits at {}", stuck.empty() ? "" : ", ", stage,
                           name_of(orders[stage][next[stage]]));
    }
  }
  return stuck;
}

std::int32_t most_in_flight(const StageOrder& order) {
  std::int32_t held = 0;
  std::int32_t most = 0;
  for (const Slot& slot : order) {
    if (slot.work == Work::forward) {
      most = std::max(most, ++held);
    } else if (is_last_of(slot.work)) {
      --held;
    }
  }
  return most;
}

}  // namespace workloads
