#include "sim/max_min.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tests/reference/max_min.hpp"

namespace {

using reference::Route;

sim::Fabric make_fabric(const std::vector<double>& capacity, const std::vector<Route>& routes) {
  sim::Fabric fabric;
  for (const double each : capacity) {
    fabric.add_link(sim::Bandwidth{static_cast<std::int64_t>(each)});
  }
  for (const Route& route : routes) {
    fabric.add_lane(route, sim::Duration{0});
  }
  return fabric;
}

}  // namespace

TEST_CASE("max-min: three links in a row, one long flow and one short one on each") {
  // Capacities 10, 20, 40. The first link fills first: 5 for its two flows. The long flow takes 5
  // of the others and leaves 15 and 35.
  const sim::Fabric fabric = make_fabric({10, 20, 40}, {{{0}, {1}, {2}}, {{0}}, {{1}}, {{2}}});
  sim::MaxMin solver{fabric};
  for (std::uint32_t lane = 0; lane < 4; ++lane) {
    solver.add(sim::Lane{lane});
  }
  CHECK(solver.solve().size() == 4);
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(5));
  CHECK(solver.rate(sim::Lane{1}) == doctest::Approx(5));
  CHECK(solver.rate(sim::Lane{2}) == doctest::Approx(15));
  CHECK(solver.rate(sim::Lane{3}) == doctest::Approx(35));

  // The first short flow leaves: the long one is now held by the second link, at 10.
  solver.remove(sim::Lane{1});
  solver.solve();
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(10));
  CHECK(solver.rate(sim::Lane{2}) == doctest::Approx(10));
  CHECK(solver.rate(sim::Lane{3}) == doctest::Approx(30));
}

TEST_CASE("max-min: a flow split over two paths is held by the fuller one") {
  // Half of flow 0 crosses link 0 (with flow 1), half link 1 alone. Link 0, capacity 10, fills when
  // r/2 + r = 10: both at 20/3; flow 0 then puts 10/3 on each.
  sim::Fabric fabric;
  fabric.add_link(sim::Bandwidth{10});
  fabric.add_link(sim::Bandwidth{10});
  fabric.add_lane(std::vector<sim::Hop>{{0, 0.5}, {1, 0.5}}, sim::Duration{0});
  fabric.add_lane(std::vector<sim::Hop>{{0, 1.0}}, sim::Duration{0});
  CHECK(fabric.lone_rate(sim::Lane{0}) == doctest::Approx(20));
  sim::MaxMin solver{fabric};
  solver.add(sim::Lane{0});
  solver.add(sim::Lane{1});
  solver.solve();
  CHECK(solver.rate(sim::Lane{0}) == doctest::Approx(20.0 / 3));
  CHECK(solver.rate(sim::Lane{1}) == doctest::Approx(20.0 / 3));
}

TEST_CASE("max-min: links that fill together but for rounding give one rate") {
  // Link 0 fills at 1000 / 3 by division, link 1 at the same after 100 + 200 more were taken from
  // 1300; the flows on both must end together, so they need the very same rate.
  const sim::Fabric fabric = make_fabric(
      {1000, 1300, 100, 200}, {{{0}}, {{0}}, {{0}}, {{1}}, {{1}}, {{1}}, {{1}, {2}}, {{1}, {3}}});
  sim::MaxMin solver{fabric};
  for (std::uint32_t lane = 0; lane < 8; ++lane) {
    solver.add(sim::Lane{lane});
  }
  solver.solve();
  CHECK(solver.rate(sim::Lane{6}) == 100.0);
  CHECK(solver.rate(sim::Lane{7}) == 200.0);
  for (std::uint32_t lane = 1; lane < 6; ++lane) {
    CHECK(solver.rate(sim::Lane{lane}) == solver.rate(sim::Lane{0}));
  }
}

TEST_CASE("max-min: levels that are nearly, but not quite, equal keep their order") {
  // 1e12 and 1e12 + 1 differ by 1e-12 of themselves, and by no rounding: who is held by which link
  // still shows in what is left for the third.
  const sim::Fabric fabric =
      make_fabric({2e12, 2e12 + 4, 3e12}, {{{0}, {2}}, {{0}}, {{1}, {2}}, {{1}}});
  sim::MaxMin solver{fabric};
  for (std::uint32_t lane = 0; lane < 4; ++lane) {
    solver.add(sim::Lane{lane});
  }
  solver.solve();
  CHECK(solver.rate(sim::Lane{0}) == 1e12);
  CHECK(solver.rate(sim::Lane{2}) == 1e12 + 2);
}

namespace {

/// A random network, and flows that start and end on it in batches.
class Churn {
 public:
  explicit Churn(std::mt19937& random) : random_{&random} {
    const std::size_t links = 2 + below(12);
    for (std::size_t link = 0; link < links; ++link) {
      // Often equal, so that several links fill at once; otherwise any size.
      capacity_.push_back(below(2) == 0 ? 1000 : 100 + static_cast<double>(below(2000)));
    }
    routes_.resize(1 + below(40));
    std::ranges::generate(routes_, [&] { return route(); });
    active_.resize(routes_.size(), false);
  }

  [[nodiscard]] sim::Fabric fabric() const { return make_fabric(capacity_, routes_); }

  void change(sim::MaxMin& solver) {
    for (std::uint32_t lane = 0; lane < routes_.size(); ++lane) {
      if (below(5) != 0) {
        continue;
      }
      if (active_[lane]) {
        solver.remove(sim::Lane{lane});
      }
      if (!active_[lane] || below(4) == 0) {  // some start again at the instant at which they end
        solver.add(sim::Lane{lane});
        active_[lane] = true;
      } else {
        active_[lane] = false;
      }
    }
  }

  /// The rates are those of the slow twin; no link carries too much; every flow has a full link.
  void check(const sim::MaxMin& solver) const {
    std::vector<Route> now;
    std::vector<std::uint32_t> which;
    for (std::uint32_t lane = 0; lane < routes_.size(); ++lane) {
      if (active_[lane]) {
        now.push_back(routes_[lane]);
        which.push_back(lane);
      }
    }
    const std::vector<double> expected = reference::max_min_rates(capacity_, now);
    std::vector<double> load(capacity_.size(), 0);
    for (std::size_t i = 0; i < which.size(); ++i) {
      const double rate = solver.rate(sim::Lane{which[i]});
      // Both sum up to 40 terms of some 1e3: rounding stays below 1e-12 of them.
      REQUIRE(rate == doctest::Approx(expected[i]).epsilon(1e-10));
      for (const sim::Hop& hop : now[i]) {
        load[hop.link] += hop.share * rate;
      }
    }
    for (std::size_t link = 0; link < load.size(); ++link) {
      REQUIRE(load[link] <= capacity_[link] * (1 + 1e-9));
    }
    for (const Route& each : now) {
      REQUIRE(std::ranges::any_of(each, [&](const sim::Hop& hop) {
        return load[hop.link] >= capacity_[hop.link] * (1 - 1e-9);
      }));
    }
  }

 private:
  std::size_t below(std::size_t end) { return (*random_)() % end; }

  Route route() {
    Route route;
    const bool splits = below(4) == 0;
    for (std::uint32_t link = 0; link < capacity_.size(); ++link) {
      if (below(3) == 0) {
        route.push_back({link, splits ? 0.25 * static_cast<double>(1 + below(4)) : 1.0});
      }
    }
    if (route.empty()) {
      route.push_back({static_cast<std::uint32_t>(below(capacity_.size())), 1.0});
    }
    return route;
  }

  std::mt19937* random_;
  std::vector<double> capacity_;
  std::vector<Route> routes_;
  std::vector<bool> active_;
};

}  // namespace

TEST_CASE("max-min: solving only what can change gives the rates of a solution from scratch") {
  std::mt19937 random{11};
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    Churn churn{random};
    const sim::Fabric fabric = churn.fabric();
    sim::MaxMin solver{fabric};
    for (int step = 0; step < 30; ++step) {
      churn.change(solver);
      solver.solve();
      churn.check(solver);
    }
  }
}
