#include "sim/engine.hpp"

#include <functional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace sim::literals;

namespace {

/// Notes what happens to it, and reacts.
class Recorder final : public sim::EventHandler {
 public:
  explicit Recorder(sim::Engine& engine) : engine_{&engine}, id_{engine.attach(*this)} {}

  void on_event(std::uint64_t payload) override {
    log.emplace_back(engine_->now(), payload);
    if (react) {
      react(payload);
    }
  }
  void on_instant_end() override { log.emplace_back(engine_->now(), instant_end); }

  [[nodiscard]] sim::HandlerId id() const { return id_; }

  static constexpr std::uint64_t instant_end = ~std::uint64_t{0};
  std::vector<std::pair<sim::Instant, std::uint64_t>> log;
  std::function<void(std::uint64_t)> react;

 private:
  sim::Engine* engine_;
  sim::HandlerId id_;
};

}  // namespace

TEST_CASE("engine: events at the same instant run in the order they were scheduled") {
  sim::Engine engine;
  Recorder a{engine};
  Recorder b{engine};
  for (std::uint64_t i = 0; i < 100; ++i) {  // three ties would survive an unstable heap by luck
    engine.after(5us, i % 2 == 0 ? a.id() : b.id(), i);
  }
  CHECK(engine.run() == sim::Instant{5us});
  REQUIRE(a.log.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(a.log[i].second == 2 * i);
    CHECK(b.log[i].second == 2 * i + 1);
  }
}

TEST_CASE("engine: an instant ends when none of its events is left, before the clock moves") {
  sim::Engine engine;
  Recorder recorder{engine};
  recorder.react = [&](std::uint64_t payload) {
    if (payload == 1) {
      engine.at_instant_end(recorder.id());
      engine.at_instant_end(recorder.id());  // asked twice, called once
      engine.after(0us, recorder.id(), 2);   // still this instant: before its end
    }
  };
  engine.after(1us, recorder.id(), 1);
  engine.after(2us, recorder.id(), 3);
  engine.run();
  const std::vector<std::pair<sim::Instant, std::uint64_t>> expected{
      {sim::Instant{1us}, 1},
      {sim::Instant{1us}, 2},
      {sim::Instant{1us}, Recorder::instant_end},
      {sim::Instant{2us}, 3}};
  CHECK(recorder.log == expected);
}
