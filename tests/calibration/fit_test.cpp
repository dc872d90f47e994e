#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/descent.hpp"
#include "calibration/kernel_fit.hpp"
#include "calibration/near_kriging.hpp"
#include "calibration/profile.hpp"
#include "cli/kernel_tables.hpp"
#include "sim/text_file.hpp"

using namespace calibration;

TEST_CASE("descent: finds the bottom of a bowl, in factors") {
  const auto bowl = [](std::span<const double> x) {
    return std::pow(std::log(x[0] / 3), 2) + std::abs(std::log(x[1] / 1e-6));
  };
  const auto found = descend({1, 1e-5}, 60, bowl);
  CHECK(found[0] == doctest::Approx(3).epsilon(0.01));
  CHECK(found[1] == doctest::Approx(1e-6).epsilon(0.01));
}

TEST_CASE("near kriging: a guess is a share of the values around it") {
  NearKriging rough{{.smooth = 0, .stretch = 1, .noise = 0.25, .weights = {1}}};
  const double origin = 0;
  const double ln2 = std::log(2);
  const auto at = [](const NearKriging& kriging, double x) { return kriging.at(std::span{&x, 1}); };
  CHECK(at(rough, 1) == 0);
  // One point: like / (1 + noise), and e^-ln2 = 0.5. A thousand away, nothing.
  rough.add(std::span{&origin, 1}, 1);
  CHECK(at(rough, ln2) == doctest::Approx(0.5 / 1.25));
  CHECK(at(rough, -ln2) == doctest::Approx(0.5 / 1.25));
  CHECK(at(rough, 1000) == 0);
  // The same point again: two equations (1.25, 1; 1, 1.25) a = (1, 3), so a sums to 4 / 2.25.
  rough.add(std::span{&origin, 1}, 3);
  CHECK(at(rough, 0) == doctest::Approx(4 / 2.25));

  // Smooth: e^-(s z)^2, and z^2 = ln 2; with s = 2 that is 2^-4.
  for (const auto& [stretch, like] : {std::pair{1.0, 0.5}, std::pair{2.0, 0.0625}}) {
    NearKriging smooth{{.smooth = 1, .stretch = stretch, .noise = 0.25, .weights = {1}}};
    smooth.add(std::span{&origin, 1}, 1);
    CHECK(at(smooth, std::sqrt(ln2)) == doctest::Approx(like / 1.25));
  }
}

TEST_CASE("near kriging: of two points both count between them, and beside them the nearer alone") {
  NearKriging kriging{{.smooth = 0, .stretch = 1, .noise = 1e-9, .weights = {0.5, 1}}};
  // Distances along the first dimension weigh half: 4 are 2, with r = e^-1 from the middle to each.
  kriging.add(std::vector{0.0, 7.0}, 1);
  kriging.add(std::vector{4.0, 7.0}, 3);
  // (1, r^2; r^2, 1) a = (1, 3) makes sum a = 4 / (1 + r^2), and the guess r sum a.
  const double r = std::exp(-1);
  CHECK(kriging.at(std::vector{2.0, 7.0}) == doctest::Approx(4 * r / (1 + (r * r))));
  // The point at 4 hides the one at 0 from 6: e^-1 of its value is all.
  CHECK(kriging.at(std::vector{6.0, 7.0}) == doctest::Approx(3 * r));
}

TEST_CASE("near kriging: settings follow what changes, and what does not") {
  NearKriging kriging{2};
  for (int x = 0; x < 10; ++x) {
    for (int y = 0; y < 10; ++y) {
      kriging.add(std::vector{double(x), double(y)}, x % 3 == 0 ? 1 : -1);
    }
  }
  kriging.choose_settings();
  const auto& weights = kriging.settings().weights;
  CHECK(weights[0] > 2 * weights[1]);
}

TEST_CASE("kernel model: a batch of GEMMs is one with so many times the tiles and bytes") {
  const Machine machine{.processors = 100, .element_bytes = 2};
  const std::vector<double> numbers = first_numbers(Kernel::gemm, machine, 100e12, 1e12);
  CHECK(number_names(Kernel::batched_gemm) == number_names(Kernel::gemm));
  const auto seconds = [&](Kernel kernel, const std::vector<double>& shape) {
    return 1e6 * model_seconds(kernel, machine, numbers, shape);
  };
  // Tiles of 256 rows at most: 8 x 256 rows make as many tiles as 2048.
  CHECK(work_of(Kernel::batched_gemm, machine, std::vector<double>{8, 256, 512, 64}).operations ==
        work_of(Kernel::gemm, machine, std::vector<double>{2048, 512, 64}).operations);
  CHECK(seconds(Kernel::batched_gemm, {1, 256, 512, 64}) == seconds(Kernel::gemm, {256, 512, 64}));
  CHECK(seconds(Kernel::grouped_gemm, {8, 256, 4096, 4096}) >
        seconds(Kernel::gemm, {2048, 4096, 4096}));  // eight matrices of weights, not one
  CHECK(unfilled_waves(Kernel::batched_gemm, machine, std::vector<double>{8, 256, 512, 64}) ==
        unfilled_waves(Kernel::gemm, machine, std::vector<double>{2048, 512, 64}));
}

TEST_CASE("kernel model: waves are full, or idle by what is missing") {
  const Machine machine{.processors = 100, .element_bytes = 2};
  const auto& names = number_names(Kernel::gemm);
  const auto first = std::ranges::find(names, "tile_16x64_rate_per_s");
  const auto square = std::ranges::find(names, "tile_128x128_rate_per_s");
  REQUIRE(square != names.end());
  const auto unfilled = [&](double m, double n) {
    const auto all = unfilled_waves(Kernel::gemm, machine, std::vector{m, n, 64.0});
    CHECK(all.size() == tile_sizes(Kernel::gemm));
    return all.at(static_cast<std::size_t>(square - first));
  };
  // Tiles of 128 x 128: 10 x 10 are a wave; 11 x 10 are 1.1 and take 2; 1 of 100 is 1 at most.
  CHECK(unfilled(1280, 1280) == 0);
  CHECK(unfilled(1281, 1280) == doctest::Approx(std::log2(2 / 1.1)));
  CHECK(unfilled(1, 128) == 1);
  // Attention, 2 x 50 lines of a block each: full, for blocks of 64 queries and of 128.
  CHECK(unfilled_waves(Kernel::attention, machine, std::vector{2.0, 64.0, 50.0, 50.0, 128.0}) ==
        std::vector{0.0, 0.0});
}

TEST_CASE("kernel model: a GEMM takes its launch, its waves and its bytes") {
  const Machine machine{.processors = 100, .element_bytes = 2};
  std::vector<double> numbers = first_numbers(Kernel::gemm, machine, 100e12, 1e12);
  const auto& names = number_names(Kernel::gemm);
  REQUIRE(numbers.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    // One tile size that counts, 128 x 128 at 1e12 a second; nothing else takes time.
    const bool only = names[i] == "tile_128x128_rate_per_s";
    if (names[i].ends_with("rate_per_s")) {
      numbers[i] = only ? 1e12 : 1;
    } else if (names[i] == "norm") {
      numbers[i] = 50;  // as good as the larger of both
    } else if (names[i] == "bandwidth_Bps") {
      numbers[i] = 1e12;
    } else {
      numbers[i] = names[i] == "launch_s" ? 3e-6 : 1e-12;
    }
  }
  const auto seconds = [&](double m, double n, double k) {
    return model_seconds(Kernel::gemm, machine, numbers, std::vector{m, n, k});
  };
  // 100 tiles are one wave of 2 * 128 * 128 * 4096 operations, one more tile is another.
  const double wave = 2.0 * 128 * 128 * 4096 / 1e12;
  CHECK(1e6 * seconds(1280, 1280, 4096) == doctest::Approx(3 + (1e6 * wave)).epsilon(1e-3));
  CHECK(1e6 * seconds(1281, 1280, 4096) == doctest::Approx(3 + (2e6 * wave)).epsilon(1e-3));
  // A row times a matrix of 2 * 4096 * 65536 bytes is bytes, not work.
  CHECK(1e6 * seconds(1, 65536, 64) ==
        doctest::Approx(3 + (6e6 * 2.0 * 128 * 128 * 64 / 1e12)).epsilon(1e-2));
}

TEST_CASE("kernel fit: what a model made a fit finds again") {
  const Machine machine{.processors = 108, .element_bytes = 2};
  const std::vector<double> truth = first_numbers(Kernel::gemm, machine, 250e12, 1.6e12);
  std::mt19937 random{1};
  std::vector<KernelSample> samples;
  for (int i = 0; i < 600; ++i) {
    std::vector<double> shape;
    for (int d = 0; d < 3; ++d) {
      shape.push_back(std::pow(2.0, static_cast<double>(random() % 15)));
    }
    samples.push_back({shape, model_seconds(Kernel::gemm, machine, truth, shape)});
  }
  const FitErrors errors = held_out_errors(Kernel::gemm, machine, samples, 3);
  CHECK(errors.samples == 180);  // a third of 540 shapes: some came twice
  CHECK(errors.median < 0.02);
  CHECK(errors.p95 < 0.1);
}

TEST_CASE("kernel fit: what was measured three times counts once, at its median") {
  const Machine machine{.processors = 132, .element_bytes = 2};
  std::vector<KernelSample> once;
  std::vector<KernelSample> again;
  for (const double m : {1.0, 64.0, 300.0, 4096.0, 5000.0}) {
    const double seconds = 5e-6 + (m * 1e-8);
    once.push_back({{m, 4096, 4096}, seconds});
    for (const double factor : {0.7, 1.0, 2.0}) {
      again.push_back({{m, 4096, 4096}, seconds * factor});
    }
  }
  const KernelFit fit{Kernel::gemm, machine, again};
  CHECK(fit.samples().size() == once.size());
  const std::vector shape{512.0, 4096.0, 4096.0};
  CHECK(fit.seconds(shape) / KernelFit{Kernel::gemm, machine, once}.seconds(shape) ==
        doctest::Approx(1));
}

TEST_CASE("profile: what is written is read again, to the byte") {
  const Machine machine{.processors = 132, .element_bytes = 1};
  std::vector<KernelSample> samples;
  for (const double m : {1.0, 64.0, 4096.0}) {
    samples.push_back({{m, 4096, 4096}, (5e-6 + (m * 1e-8))});
  }
  const KernelFit fit{Kernel::gemm, machine, samples};
  const Profile profile{{{.gpu = "H100 \"SXM\"",
                          .provenance = "fitted",
                          .sources = {"a.csv", "b: c.csv"},
                          .kernels = {{"fp8", fit, errors_of(fit, samples), {}}},
                          .collectives = {}}}};
  const std::string text = to_yaml(profile);
  const Profile again = read_profile(sim::ConfigNode::parse("p.yaml", text));
  CHECK(to_yaml(again) == text);
  const GpuProfile* const gpu = again.find("h100_sxm");
  REQUIRE(gpu != nullptr);
  CHECK(again.find("a100_sxm") == nullptr);
  REQUIRE(gpu->find(Kernel::gemm, "fp8") != nullptr);
  CHECK(gpu->find(Kernel::gemm, "fp16") == nullptr);
  const std::vector<double> shape{100, 4096, 4096};
  CHECK(gpu->kernels[0].fit.seconds(shape) / fit.seconds(shape) ==
        doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("profile: the shipped ones are as far from their samples as they say") {
  const auto same = [](const FitErrors& a, const FitErrors& b) {
    CHECK(a.samples == b.samples);
    CHECK(a.median == doctest::Approx(b.median).epsilon(1e-4));
    CHECK(a.worst == doctest::Approx(b.worst).epsilon(1e-4));
  };
  std::size_t profiles = 0;
  for (const auto& entry : std::filesystem::directory_iterator{std::filesystem::path{SOURCE_DIR} /
                                                               "configs/profiles"}) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    CAPTURE(entry.path().string());
    const Profile profile = read_profile(sim::ConfigNode::load(entry.path().string()));
    REQUIRE(profile.gpus.size() == 1);
    const GpuProfile& gpu = profile.gpus.front();
    // Nobody calls measured what no run of espalier-calibrate measured.
    CHECK((gpu.provenance == "measured") == gpu.measured.has_value());
    for (const ProfiledKernel& kernel : gpu.kernels) {
      same(errors_of(kernel.fit, kernel.fit.samples()), kernel.fitted);
      CHECK(kernel.held_out.median < 0.04);
      CHECK(kernel.held_out.p95 < 0.15);
    }
    REQUIRE(gpu.collectives.has_value());
    std::vector<CollectiveSample> samples;
    for (const MethodFit& method : gpu.collectives->fit.methods()) {
      samples.insert(samples.end(), method.samples.begin(), method.samples.end());
    }
    same(errors_of(gpu.collectives->fit, samples), gpu.collectives->fitted);
    CHECK(gpu.collectives->held_out.median < 0.08);
    ++profiles;
  }
  CHECK(profiles >= 4);
}

TEST_CASE("validation: kernel fits meet what they were not shown, on measured tables") {
  const std::filesystem::path folder =
      std::filesystem::path{SOURCE_DIR} / ".." / "shared" / "reference" / "gemm";
  if (!std::filesystem::exists(folder)) {
    MESSAGE("skipped: the measured tables are not here");
    return;
  }
  for (const char* const file :
       {"a100_gemm_bf16_visible.csv", "h100_gemm_bf16_visible.csv", "h100_gemm_fp8_visible.csv",
        "a100_attention_bf16_visible.csv", "h100_attention_bf16_visible.csv"}) {
    CAPTURE(file);
    const std::string path = (folder / file).string();
    const cli::CsvTable table{path, sim::read_text_file(path, std::size_t{16} << 20)};
    const auto kernels = cli::read_kernel_tables(table);
    REQUIRE(kernels.size() == 1);
    const Machine machine = cli::machine_of(kernels[0].gpu, kernels[0].dtype);
    for (const std::uint64_t seed : {1U, 7U}) {
      CAPTURE(seed);
      const FitErrors errors =
          held_out_errors(kernels[0].kernel, machine, kernels[0].samples, seed);
      CHECK(errors.median < 0.04);
      CHECK(errors.p95 < 0.15);
    }
  }
}
