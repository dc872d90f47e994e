#include "cli/trace_file.hpp"

#include <cstdlib>
#include <iterator>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace cli {
namespace {

using workloads::Recording;

constexpr int messages_thread = static_cast<int>(timeline_rows.size()) - 1;

/// Picoseconds as microseconds, to the last digit.
std::string microseconds(sim::Duration time) {
  constexpr std::int64_t per_us = 1'000'000;
  return fmt::format("{}.{:06}", time.count() / per_us, time.count() % per_us);
}

class TraceWriter {
 public:
  explicit TraceWriter(const workloads::Timeline& timeline) : timeline_{&timeline} {}

  std::string write() {
    for (std::size_t i = 0; i < timeline_->recording.ranks.size(); ++i) {
      places_[timeline_->recording.ranks[i]] = i;
      name_rank(timeline_->recording.ranks[i], timeline_->endpoint_of[i], timeline_->stage_of[i]);
    }
    for (const Recording::Span& span : timeline_->recording.spans) {
      if (span.slot < 0) {
        slice(pid(span.rank), 0,
              span.label < 0 ? "kernels" : timeline_->labels[static_cast<std::size_t>(span.label)],
              workloads::category_names.at(span.category), span.start, span.end);
      } else {
        slice(pid(span.rank), 1 + span.slot, collective_name(span), "collective", span.start,
              span.end);
      }
    }
    int flow = 0;
    for (const Recording::Message& message : timeline_->recording.messages) {
      const std::string name =
          fmt::format("to {}, {}", pid(message.to), sim::to_text(sim::Bytes{message.bytes}));
      slice(pid(message.from), messages_thread, name, "message", message.sent, message.arrived);
      arrow("s", ++flow, pid(message.from), messages_thread, message.sent);
      arrow("f", flow, pid(message.to), 0, message.arrived);
    }
    for (const Recording::Level& level : timeline_->recording.levels) {
      memory(level);
    }
    return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + out_ + "\n]}\n";
  }

 private:
  [[nodiscard]] std::int32_t pid(std::int32_t rank) const { return endpoints_.at(rank); }

  void add(const std::string& event) { out_ += (out_.empty() ? "" : ",\n") + event; }

  void name_rank(std::int32_t rank, std::int32_t endpoint, std::int32_t stage) {
    endpoints_[rank] = endpoint;
    add(fmt::format(R"({{"ph":"M","name":"process_name","pid":{0},"tid":0,)"
                    R"("args":{{"name":"rank {0}, stage {1}"}}}})",
                    endpoint, stage));
    for (std::size_t i = 0; i < timeline_rows.size(); ++i) {
      add(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},)"
                      R"("args":{{"name":"{}"}}}})",
                      endpoint, i, timeline_rows.at(i)));
    }
  }

  [[nodiscard]] std::string collective_name(const Recording::Span& span) const {
    const workloads::Operation& operation =
        timeline_->operations[static_cast<std::size_t>(span.slot)]
                             [static_cast<std::size_t>(span.operation)];
    return fmt::format("{}, {}", collectives::name_of(operation.collective),
                       sim::to_text(operation.bytes));
  }

  void slice(std::int32_t process, int thread, std::string_view name, std::string_view category,
             sim::Duration start, sim::Duration end) {
    add(fmt::format(R"({{"ph":"X","name":"{}","cat":"{}","pid":{},"tid":{},"ts":{},"dur":{}}})",
                    name, category, process, thread, microseconds(start),
                    microseconds(end - start)));
  }

  void memory(const Recording::Level& level) {
    const std::size_t place = places_.at(level.rank);
    add(fmt::format(R"({{"ph":"C","name":"memory","pid":{},"ts":{},"args":{{"bytes":{}}}}})",
                    pid(level.rank), microseconds(level.when),
                    (timeline_->held_always[place] + level.held).count()));
  }

  void arrow(std::string_view phase, int id, std::int32_t process, int thread, sim::Duration when) {
    add(fmt::format(R"({{"ph":"{}","bp":"e","id":{},"name":"message","cat":"message",)"
                    R"("pid":{},"tid":{},"ts":{}}})",
                    phase, id, process, thread, microseconds(when)));
  }

  const workloads::Timeline* timeline_;
  std::map<std::int32_t, std::int32_t> endpoints_;  // per recorded rank
  std::map<std::int32_t, std::size_t> places_;      // likewise: among them
  std::string out_;
};

}  // namespace

std::string to_trace(const workloads::Timeline& timeline) {
  return TraceWriter{timeline}.write();
}

}  // namespace cli
