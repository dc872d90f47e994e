#include "cli/report_timeline.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/trace_file.hpp"
#include "collectives/registry.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using workloads::Recording;
using Words = std::pair<std::string, std::string>;  // name and category

struct Bar {
  std::int64_t begin = 0;  // nanoseconds
  std::int64_t end = 0;
  std::size_t what = 0;
  std::int64_t count = 1;  // of what was drawn together
};

std::int64_t nanoseconds(sim::Duration time) {
  constexpr std::int64_t per_ns = 1000;
  return time.count() / per_ns;
}

/// Names, each once, by number.
class Names {
 public:
  std::size_t number_of(const Words& words) {
    const auto [found, is_new] = numbers_.try_emplace(words, words_.size());
    if (is_new) {
      words_.push_back(words);
    }
    return found->second;
  }

  [[nodiscard]] const Words& words(std::size_t number) const { return words_[number]; }

  [[nodiscard]] Json to_json() const {
    Json out = Json::array();
    for (const auto& [name, category] : words_) {
      out.push_back({name, category});
    }
    return out;
  }

 private:
  std::map<Words, std::size_t> numbers_;
  std::vector<Words> words_;
};

/// The rows of one rank, by their place among timeline_rows.
using Rows = std::vector<std::vector<Bar>>;

class Writer {
 public:
  Writer(const workloads::Timeline& timeline, sim::Duration step)
      : timeline_{&timeline}, step_{nanoseconds(step)}, stages_(timeline.recording.ranks.size()) {
    for (std::size_t i = 0; i < timeline.recording.ranks.size(); ++i) {
      place_of_[timeline.recording.ranks[i]] = i;
      stages_[i].resize(timeline_rows.size());
    }
    add_spans();
    add_messages();
    for (Rows& rows : stages_) {
      for (std::vector<Bar>& row : rows) {
        std::ranges::stable_sort(row, {}, &Bar::begin);
      }
    }
  }

  Json write(const std::optional<TimeWindow>& window, std::size_t most) {
    window_ =
        window ? std::pair{nanoseconds(window->begin), nanoseconds(window->end)} : middle(most);
    constexpr std::int64_t parts = 20'000;  // of a step: many times as many as a screen has
    std::int64_t closest = std::max<std::int64_t>(step_ / parts, 1);
    std::vector<Rows> few = drawn_together(closest);
    while (count(few, window_) > most && closest < step_) {
      closest *= 2;
      few = drawn_together(closest);
    }
    Json stages = Json::array();
    for (std::size_t i = 0; i < few.size(); ++i) {
      stages.push_back(stage_json(i, few[i]));
    }
    return {{"step_ns", step_},
            {"window_ns", {window_.first, window_.second}},
            {"closest_ns", closest},
            {"names", names_.to_json()},
            {"stages", std::move(stages)},
            {"messages", messages_json()}};
  }

 private:
  using Part = std::pair<std::int64_t, std::int64_t>;
  using Busy = std::map<std::string, std::int64_t>;  // how long, by category

  void add_spans() {
    for (const Recording::Span& span : timeline_->recording.spans) {
      const std::size_t row = span.slot < 0 ? 0 : static_cast<std::size_t>(span.slot) + 1;
      stages_[place_of_.at(span.rank)][row].push_back({.begin = nanoseconds(span.start),
                                                       .end = nanoseconds(span.end),
                                                       .what = names_.number_of(words_of(span))});
    }
  }

  void add_messages() {
    for (const Recording::Message& message : timeline_->recording.messages) {
      const std::size_t from = place_of_.at(message.from);
      const std::string name =
          fmt::format("to stage {}, {}", timeline_->stage_of[place_of_.at(message.to)],
                      sim::to_text(sim::Bytes{message.bytes}));
      stages_[from].back().push_back({.begin = nanoseconds(message.sent),
                                      .end = nanoseconds(message.arrived),
                                      .what = names_.number_of({name, "message"})});
    }
  }

  [[nodiscard]] Words words_of(const Recording::Span& span) const {
    if (span.slot < 0) {
      const std::string name =
          span.label < 0 ? "kernels" : timeline_->labels[static_cast<std::size_t>(span.label)];
      return {name, std::string{workloads::category_names.at(span.category)}};
    }
    const workloads::Operation& operation =
        timeline_->operations[static_cast<std::size_t>(span.slot)]
                             [static_cast<std::size_t>(span.operation)];
    return {fmt::format("{}, {}", collectives::name_of(operation.collective),
                        sim::to_text(operation.bytes)),
            "collective"};
  }

  /// All of the step, or so much around its middle that up to `most` bars begin there.
  [[nodiscard]] Part middle(std::size_t most) const {
    std::vector<std::int64_t> begins;
    for (const Rows& rows : stages_) {
      for (const std::vector<Bar>& row : rows) {
        for (const Bar& bar : row) {
          begins.push_back(bar.begin);
        }
      }
    }
    if (begins.size() <= most) {
      return {0, step_};
    }
    std::ranges::sort(begins);
    const auto at =
        static_cast<std::size_t>(std::ranges::lower_bound(begins, step_ / 2) - begins.begin());
    const std::size_t first = std::min(at - std::min(at, most / 2), begins.size() - most);
    return {begins[first], begins[first + most - 1]};
  }

  static bool is_in(const Part& window, const Bar& bar) {
    return bar.begin >= window.first && bar.begin < window.second;
  }

  /// Bars that are not in the window.
  static std::size_t count(const std::vector<Rows>& stages, const Part& window) {
    std::size_t out = 0;
    for (const Rows& rows : stages) {
      for (const std::vector<Bar>& row : rows) {
        out += static_cast<std::size_t>(
            std::ranges::count_if(row, [&](const Bar& bar) { return !is_in(window, bar); }));
      }
    }
    return out;
  }

  /// Outside the window, what is shorter than `closest`, or follows so closely on its like, is
  /// drawn with the bar before.
  std::vector<Rows> drawn_together(std::int64_t closest) {
    std::vector<Rows> out(stages_.size(), Rows(timeline_rows.size()));
    Busy busy;  // of the last bar drawn
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      for (std::size_t row = 0; row < timeline_rows.size(); ++row) {
        for (const Bar& bar : stages_[stage][row]) {
          std::vector<Bar>& drawn = out[stage][row];
          const std::string& category = names_.words(bar.what).second;
          if (drawn.empty() || is_in(window_, bar) || is_in(window_, drawn.back()) ||
              !are_close(drawn.back(), bar, closest)) {
            drawn.push_back(bar);
            busy = {{category, bar.end - bar.begin}};
          } else {
            busy[category] += bar.end - bar.begin;
            join(drawn.back(), bar, busy);
          }
        }
      }
    }
    return out;
  }

  [[nodiscard]] bool are_close(const Bar& bar, const Bar& next, std::int64_t closest) const {
    const bool are_alike = names_.words(bar.what).second == names_.words(next.what).second;
    const bool is_short = bar.end - bar.begin < closest || next.end - next.begin < closest;
    return next.begin - bar.end < closest && (are_alike || is_short);
  }

  /// The bar is of the category that is busy in it for longest.
  void join(Bar& bar, const Bar& next, const Busy& busy) {
    if (bar.what != next.what) {
      const std::string& category =
          std::ranges::max_element(busy, {}, &Busy::value_type::second)->first;
      bar.what = names_.number_of({category, category});
    }
    bar.end = std::max(bar.end, next.end);
    bar.count += next.count;
  }

  [[nodiscard]] Json stage_json(std::size_t place, const Rows& rows) const {
    Json out{{"stage", timeline_->stage_of[place]},
             {"gpu", timeline_->endpoint_of[place]},
             {"rows", Json::array()}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].empty()) {
        continue;
      }
      Json bars = Json::array();
      std::int64_t before = 0;
      for (const Bar& bar : rows[i]) {
        for (const std::int64_t number : {bar.begin - before, bar.end - bar.begin,
                                          static_cast<std::int64_t>(bar.what), bar.count}) {
          bars.push_back(number);
        }
        before = bar.begin;
      }
      out["rows"].push_back({{"name", timeline_rows.at(i)}, {"bars", std::move(bars)}});
    }
    out["memory"] = memory_json(place);
    return out;
  }

  /// In each of some hundred parts of the step the most that is held: time and bytes, in turns.
  [[nodiscard]] Json memory_json(std::size_t place) const {
    constexpr std::int64_t parts = 400;
    const std::map<std::int64_t, Held> held = held_in(place, parts);
    Json out = Json::array();
    std::int64_t drawn = -1;
    const auto draw = [&](std::int64_t part, std::int64_t bytes) {
      if (bytes != drawn) {
        out.push_back(std::min(part * step_ / parts, step_));
        out.push_back(bytes);
        drawn = bytes;
      }
    };
    for (const auto& [part, here] : held) {
      draw(part, here.most);
      if (!held.contains(part + 1)) {
        draw(part + 1, here.last);  // until it changes again
      }
    }
    return out;
  }

  struct Held {
    std::int64_t most = 0;
    std::int64_t last = 0;
  };

  /// Bytes in the parts in which they change; what is held at the begin of a part is held in it.
  [[nodiscard]] std::map<std::int64_t, Held> held_in(std::size_t place, std::int64_t parts) const {
    std::map<std::int64_t, Held> out;
    std::optional<std::int64_t> carried;
    for (const Recording::Level& level : timeline_->recording.levels) {
      if (place_of_.at(level.rank) == place) {
        const std::int64_t part =
            nanoseconds(level.when) * parts / std::max<std::int64_t>(step_, 1);
        const std::int64_t held = (timeline_->held_always[place] + level.held).count();
        Held& here = out.try_emplace(part, Held{.most = carried.value_or(held)}).first->second;
        here.most = std::max(here.most, held);
        here.last = held;
        carried = held;
      }
    }
    return out;
  }

  /// Those in the window: from and to which of the stages shown, when sent, when there.
  [[nodiscard]] Json messages_json() const {
    Json out = Json::array();
    for (const Recording::Message& message : timeline_->recording.messages) {
      const std::int64_t sent = nanoseconds(message.sent);
      if (sent >= window_.first && sent < window_.second) {
        out.push_back({place_of_.at(message.from), place_of_.at(message.to), sent,
                       nanoseconds(message.arrived)});
      }
    }
    return out;
  }

  const workloads::Timeline* timeline_;
  std::int64_t step_;
  std::map<std::int32_t, std::size_t> place_of_;  // per recorded rank
  std::vector<Rows> stages_;
  Names names_;
  Part window_{};
};

}  // namespace

Json timeline_json(const workloads::Timeline& timeline, sim::Duration step,
                   const std::optional<TimeWindow>& window, std::size_t most) {
  return Writer{timeline, step}.write(window, most);
}

}  // namespace cli
