#include "calibration/kriging.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using calibration::Kriging;

TEST_CASE("kriging: one point is met by as much as its noise allows, and forgotten afar") {
  // Covariance d^2 exp(-|x - y| / r) with d = 2, r = 3, noise 1: at the point itself 4 / (4 + 1) of
  // its value, at distance 3 that times 1 / e.
  const Kriging one{{.parts = {{.deviation = 2, .reach = {3}}}, .noise = 1}, {{{5.0}, 10.0, 1}}};
  CHECK(one.at(std::vector{5.0}) == doctest::Approx(8));
  CHECK(one.at(std::vector{8.0}) == doctest::Approx(8 / std::exp(1)));
  CHECK(one.at(std::vector{1000.0}) == doctest::Approx(0));
  // The mean of four observations has half of the noise: 4 / (4 + 1 / 4).
  const Kriging mean{{.parts = {{.deviation = 2, .reach = {3}}}, .noise = 1}, {{{5.0}, 10.0, 4}}};
  CHECK(mean.at(std::vector{5.0}) == doctest::Approx(40 / 4.25));
}

TEST_CASE("kriging: dimensions that must agree, and those that do not matter") {
  const Kriging kriging{
      {.parts = {{.deviation = 1, .reach = {1, Kriging::equal, Kriging::any}}}, .noise = 1e-6},
      {{{0, 7, 100}, 1.0, 1}}};
  CHECK(kriging.at(std::vector{0.0, 7.0, -5.0}) == doctest::Approx(1));
  CHECK(kriging.at(std::vector{1.0, 7.0, -5.0}) == doctest::Approx(std::exp(-1)));
  CHECK(kriging.at(std::vector{0.0, 8.0, 100.0}) == 0);
}

TEST_CASE("kriging: between points of a line it stays on the line") {
  std::vector<Kriging::Point> points;
  for (int x = 0; x <= 10; ++x) {
    points.push_back({{double(x)}, 0.1 * x, 1});
  }
  const Kriging kriging{{.parts = {{.deviation = 1, .reach = {20}}}, .noise = 1e-4}, points};
  CHECK(kriging.at(std::vector{3.5}) == doctest::Approx(0.35).epsilon(0.01));
  CHECK(kriging.at(std::vector{7.0}) == doctest::Approx(0.7).epsilon(0.001));
}

TEST_CASE("kriging: the likeliest settings tell noise from shape") {
  std::mt19937 random{5};
  const auto noise = [&] { return (static_cast<double>(random() % 2001) - 1000) / 1000; };
  std::vector<Kriging::Point> smooth;
  std::vector<Kriging::Point> rough;
  for (int x = 0; x < 60; ++x) {
    smooth.push_back({{double(x)}, 0.3 * std::sin(x / 8.0), 1});
    rough.push_back({{double(x)}, 0.3 * noise(), 1});
  }
  const Kriging::Settings start{.parts = {{.deviation = 0.1, .reach = {5}}}, .noise = 0.05};
  const double smooth_noise = likeliest_settings(start, smooth).noise;
  const double rough_noise = likeliest_settings(start, rough).noise;
  CHECK(smooth_noise < 0.02);
  CHECK(rough_noise > 0.1);
}

TEST_CASE("kriging: points on top of each other without noise are no reason to stop") {
  const Kriging kriging{{.parts = {{.deviation = 1, .reach = {1}}}, .noise = 1e-300},
                        {{{1.0}, 2.0, 1}, {{1.0}, 2.0, 1}}};
  CHECK(kriging.at(std::vector{1.0}) == doctest::Approx(2).epsilon(1e-3));
}
