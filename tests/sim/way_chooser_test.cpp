#include "sim/way_chooser.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "sim/raw_flows.hpp"

using namespace sim::literals;

namespace {

constexpr sim::Bandwidth rate = 100_Gbps;
constexpr double packet_s = 327.68e-9;

/// A host behind a link of `speed` times the others, then two links side by side, with the given
/// shares, then a fast link.
struct Fabric {
  explicit Fabric(sim::Choice choice, double first_share = 0.5, int speed = 8) {
    const sim::Bandwidth fast{8 * rate.count()};
    in = fabric.add_link(sim::Bandwidth{speed * rate.count()}, 1us);
    left = fabric.add_link(rate, 1us);
    right = fabric.add_link(rate, 1us);
    out = fabric.add_link(fast, 1us);
    fabric.set_choice(choice);
    const std::vector<sim::Hop> hops{
        {in, 1.0}, {left, first_share}, {right, 1 - first_share}, {out, 1.0}};
    const std::vector<std::uint32_t> begin{0, 2, 3, 4, 4};
    const std::vector<std::uint32_t> next{1, 2, 3, 3};
    fabric.add_lane(hops, 3us, 0, {.firsts = 1, .next_begin = begin, .next = next});
  }

  /// One more lane, over the left link alone.
  void add_busy_lane() {
    const std::uint32_t own = fabric.add_link(rate, 1us);
    const std::vector<sim::Hop> hops{{own, 1.0}, {left, 1.0}, {out, 1.0}};
    const std::vector<std::uint32_t> begin{0, 1, 2, 2};
    const std::vector<std::uint32_t> next{1, 2};
    fabric.add_lane(hops, 3us, 0, {.firsts = 1, .next_begin = begin, .next = next});
  }

  sim::Fabric fabric;
  std::uint32_t in = 0;
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t out = 0;
};

sim::RawFlowResult run(const sim::Fabric& fabric, std::size_t flows, sim::Switching switching) {
  sim::NetworkOptions options{.model = sim::NetworkModel::packet};
  options.packet.switching = switching;
  options.packet.virtual_channels = 2;
  options.packet.ethernet.retry_after = 67ms;
  return sim::simulate_flows(
      fabric, std::vector<sim::RawFlow>(flows, sim::RawFlow{sim::Bytes{1000 * 4096}, {}}), options);
}

constexpr auto switchings = {sim::Switching::fifo, sim::Switching::cut_through,
                             sim::Switching::ethernet};

}  // namespace

TEST_CASE("ways: chance takes hops in proportion to their shares") {
  const Fabric net{sim::Choice::random, 0.75};
  sim::WayChooser chooser{net.fabric, 1};
  std::map<std::uint32_t, int> taken;
  for (int i = 0; i < 10'000; ++i) {
    ++taken[chooser.next(0, [](std::uint32_t) { return 0; })];
  }
  CHECK(taken[1] > 7300);  // 7500 expected, standard deviation 43
  CHECK(taken[1] < 7700);
  CHECK(taken[1] + taken[2] == 10'000);
}

TEST_CASE("ways: the least loaded is taken, and among equals any") {
  const Fabric net{sim::Choice::least_loaded};
  sim::WayChooser chooser{net.fabric, 1};
  std::map<std::uint32_t, int> taken;
  for (int i = 0; i < 1000; ++i) {
    CHECK(chooser.next(0, [&](std::uint32_t link) { return link == net.left ? 2 : 1; }) == 2);
    ++taken[chooser.next(0, [](std::uint32_t) { return 1; })];
  }
  CHECK(taken[1] > 400);
  CHECK(taken[2] > 400);
}

TEST_CASE("ways: two links carry nearly twice as much as one, and every byte arrives") {
  for (const sim::Switching switching : switchings) {
    CAPTURE(static_cast<int>(switching));
    for (const auto choice : {sim::Choice::random, sim::Choice::least_loaded}) {
      const Fabric net{choice};
      const auto result = run(net.fabric, 1, switching);
      CHECK(result.links[net.in].bytes == 1000 * 4096);
      CHECK(result.links[net.out].bytes == 1000 * 4096);
      CHECK(result.links[net.left].bytes + result.links[net.right].bytes == 1000 * 4096);
      CHECK(result.completion_s[0] > 500 * packet_s);
      // By chance 500 +- 16 take one; with 64 KiB behind a link some must wait for the other.
      CHECK(result.completion_s[0] < 750 * packet_s);
    }
  }
}

TEST_CASE("ways: adaptive packets go round a busy link, others do not") {
  for (const sim::Switching switching : switchings) {
    CAPTURE(static_cast<int>(switching));
    const auto time = [&](sim::Choice choice) {
      Fabric net{choice, 0.5, 1};
      net.add_busy_lane();
      return run(net.fabric, 2, switching).completion_s;
    };
    // Both lanes send at the rate of a link. Round the second one's 1000 packets each takes 1000
    // packet times; by chance half of the first one's go where the second one's must.
    CHECK(std::ranges::max(time(sim::Choice::least_loaded)) < 1060 * packet_s);
    CHECK(std::ranges::max(time(sim::Choice::random)) > 1400 * packet_s);
  }
}
