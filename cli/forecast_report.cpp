#include "cli/forecast_report.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/long_quantities.hpp"

namespace cli {
namespace {

using planning::Forecast;
using planning::Seconds;
using planning::Summary;

constexpr double percent = 100;

struct Share {
  std::string_view name;
  const Summary* seconds;
};

std::vector<Share> shares_of(const Forecast& forecast) {
  const planning::TimeSpentSummary& spent = forecast.spent;
  return {{"useful", &spent.useful},   {"checkpoints", &spent.checkpoints},
          {"lost", &spent.lost},       {"detection", &spent.detection},
          {"restart", &spent.restart}, {"waiting for repair", &spent.waiting}};
}

/// The day on which so much time has gone by; "after 9999" for those that have no four-digit year.
std::string day_after(std::chrono::sys_days start, double seconds) {
  constexpr double per_day = 86400;
  const double days = std::ceil(seconds / per_day);
  const auto last = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  if (days > static_cast<double>((last - start).count())) {
    return "after 9999";
  }
  return text_of(start + std::chrono::days{static_cast<int>(days)});
}

std::string dates_text(const PlayedRun& played) {
  const ForecastScenario& scenario = played.scenario;
  if (!scenario.start) {
    return {};
  }
  const Summary& duration = played.forecast.duration;
  std::string out = fmt::format(
      "ends         {}, 5 % before {}, 5 % after {}\n", day_after(*scenario.start, duration.p50),
      day_after(*scenario.start, duration.p5), day_after(*scenario.start, duration.p95));
  if (scenario.by) {
    out += fmt::format("by {}  with a probability of {:.3g} %\n", text_of(*scenario.by),
                       percent * played.in_time);
  }
  return out;
}

/// "name         one, two," and what does not fit into 79 columns below it.
std::string wrapped(std::string_view name, const std::vector<std::string>& texts) {
  constexpr std::size_t most = 79;
  std::string out;
  std::string line = fmt::format("{:<12}", name);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string text = texts[i] + (i + 1 < texts.size() ? "," : "");
    if (line.size() + 1 + text.size() > most) {
      out += line + '\n';
      line = fmt::format("{:<12}", "");
    }
    line += ' ' + text;
  }
  return out + line + '\n';
}

std::string failures_text(const PlayedRun& played) {
  const auto& parts = played.scenario.run.parts;
  if (parts.empty()) {
    return "failures     none: 'mtbf' says of what\n";
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    texts.push_back(fmt::format("{:.3g} of {} {}", played.forecast.failures[i].mean, parts[i].count,
                                parts[i].name));
  }
  return wrapped("failures", texts);
}

std::string checkpoints_text(const PlayedRun& played) {
  const planning::TrainingRun& run = played.scenario.run;
  std::string out =
      fmt::format("checkpoints  every {}, training stands still for {}\n",
                  text_of(run.step * static_cast<double>(planning::checkpoint_steps(run))),
                  text_of(run.checkpointing.stall));
  if (played.best) {
    out += fmt::format("             best of {} tried; by Young {}, by Daly {}\n",
                       played.best->tried.size(), text_of(played.best->young),
                       text_of(played.best->daly));
  }
  return out;
}

/// "12.3 M USD".
std::string money(double usd) {
  constexpr double million = 1e6;
  constexpr double thousand = 1e3;
  if (usd >= million) {
    return fmt::format("{:.4g} M USD", usd / million);
  }
  return usd >= thousand ? fmt::format("{:.0f} USD", usd) : fmt::format("{:.4g} USD", usd);
}

std::string energy(planning::Joules joules) {
  const double kwh = planning::kilowatt_hours(joules);
  constexpr double mega = 1e3;
  return kwh >= mega ? fmt::format("{:.4g} MWh", kwh / mega) : fmt::format("{:.4g} kWh", kwh);
}

}  // namespace

std::string render_run(const PlayedRun& played) {
  const Forecast& forecast = played.forecast;
  const planning::TrainingRun& run = played.scenario.run;
  std::string out =
      fmt::format("\nrun          {} steps, {} replications\n", run.steps, run.replications);
  out += fmt::format("takes        {} +- {} (95 %)\n", text_of(Seconds{forecast.duration.mean}),
                     text_of(Seconds{forecast.duration.half_width}));
  out += dates_text(played);
  out += fmt::format("goodput      {:.2f} % +- {:.2f}\n", percent * forecast.goodput.mean,
                     percent * forecast.goodput.half_width);
  std::vector<std::string> texts;
  for (const Share& share : shares_of(forecast)) {
    if (share.seconds->mean > 0) {
      texts.push_back(fmt::format("{} {:.3g} %", share.name,
                                  percent * share.seconds->mean / forecast.duration.mean));
    }
  }
  return out + wrapped("time", texts) + failures_text(played) + checkpoints_text(played);
}

std::string render_bill(const planning::Bill& bill, std::string_view of) {
  std::string out = fmt::format("\n{:<14}{:>10}{:>18}{:>18}\n", of, "count", "cost", "energy");
  for (const planning::BillLine& line : bill.lines) {
    out += fmt::format(
        "{:<14}{:>10}{:>18}{:>18}\n", planning::item_names.at(static_cast<std::size_t>(line.item)),
        line.count > 0 ? fmt::format("{}", line.count) : "",
        line.cost ? money(line.cost->count()) : "", line.energy ? energy(*line.energy) : "");
  }
  out += fmt::format("{:<14}{:>10}{:>18}{:>18}\n", "all", "", money(bill.cost.count()),
                     energy(bill.energy));
  if (bill.co2_grams) {
    constexpr double per_kilogram = 1000;
    out += fmt::format("CO2 {:.4g} kg\n", *bill.co2_grams / per_kilogram);
  }
  std::vector<std::string> left_out;
  for (const planning::LeftOut& each : bill.left_out) {
    left_out.push_back(each.key.empty() ? each.what : fmt::format("{} ({})", each.what, each.key));
  }
  return out + (left_out.empty() ? "" : wrapped("left out", left_out));
}

nlohmann::ordered_json to_json(const PlayedRun& played) {
  const auto summary = [](const Summary& each) {
    return nlohmann::ordered_json{{"mean", each.mean},
                                  {"half_width_95", each.half_width},
                                  {"p5", each.p5},
                                  {"p50", each.p50},
                                  {"p95", each.p95}};
  };
  const planning::TrainingRun& run = played.scenario.run;
  const Forecast& forecast = played.forecast;
  nlohmann::ordered_json spent;
  for (const Share& share : shares_of(forecast)) {
    spent[std::string{share.name}] = summary(*share.seconds);
  }
  nlohmann::ordered_json failures;
  for (std::size_t i = 0; i < run.parts.size(); ++i) {
    failures[run.parts[i].name] = summary(forecast.failures[i]);
  }
  nlohmann::ordered_json out{{"steps", run.steps},
                             {"replications", run.replications},
                             {"duration_s", summary(forecast.duration)},
                             {"goodput", summary(forecast.goodput)},
                             {"spent_s", std::move(spent)},
                             {"failures", std::move(failures)},
                             {"checkpoint_interval_s", run.checkpointing.interval.count()}};
  if (played.best) {
    out["young_interval_s"] = played.best->young.count();
    out["daly_interval_s"] = played.best->daly.count();
  }
  if (played.scenario.start) {
    out["ends"] = day_after(*played.scenario.start, forecast.duration.p50);
  }
  if (played.scenario.by) {
    out["in_time"] = played.in_time;
  }
  return out;
}

nlohmann::ordered_json to_json(const planning::Bill& bill) {
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const planning::BillLine& line : bill.lines) {
    nlohmann::ordered_json row{
        {"item", planning::item_names.at(static_cast<std::size_t>(line.item))},
        {"count", line.count}};
    if (line.cost) {
      row["usd"] = line.cost->count();
    }
    if (line.energy) {
      row["kWh"] = planning::kilowatt_hours(*line.energy);
    }
    lines.push_back(std::move(row));
  }
  std::vector<std::string> left_out;
  std::ranges::transform(bill.left_out, std::back_inserter(left_out), &planning::LeftOut::what);
  nlohmann::ordered_json out{{"hours", planning::hours(bill.usage.time)},
                             {"busy", bill.usage.busy},
                             {"usd", bill.cost.count()},
                             {"kWh", planning::kilowatt_hours(bill.energy)},
                             {"items", std::move(lines)},
                             {"left_out", left_out}};
  if (bill.co2_grams) {
    out["co2_g"] = *bill.co2_grams;
  }
  return out;
}

namespace {

/// Spare servers that are not among the parts: what the job leaves idle of these is spare, too.
std::int64_t spares_beyond(const planning::Parts& parts, const planning::TrainingRun& run) {
  const std::int64_t each = run.reserve.gpus_per_server;
  const std::int64_t used = (run.gpus + each - 1) / each;
  const std::int64_t idle = (parts.gpus / each) - used;
  return std::max<std::int64_t>(run.reserve.spares - std::max<std::int64_t>(idle, 0), 0);
}

}  // namespace

planning::Bill bill_of(const PlayedRun& played, const planning::Parts& parts,
                       const planning::Prices& prices, double busy_s) {
  const planning::TrainingRun& run = played.scenario.run;
  const Forecast& forecast = played.forecast;
  // Steps that had to be done again were computed, too.
  const double computed =
      (forecast.spent.useful.mean + forecast.spent.lost.mean) / run.step.count();
  const planning::Parts all =
      planning::with_servers(parts, spares_beyond(parts, run), run.reserve.gpus_per_server);
  const double busy = std::min(busy_s / run.step.count(), 1.0) * static_cast<double>(parts.gpus) /
                      static_cast<double>(all.gpus);
  return planning::bill_for(all, prices,
                            planning::usage_of({.step = {.time = run.step, .busy = busy},
                                                .steps = static_cast<std::int64_t>(computed),
                                                .time = Seconds{forecast.duration.mean}}));
}

}  // namespace cli
