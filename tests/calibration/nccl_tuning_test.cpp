#include "calibration/nccl_tuning.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/known_gpus.hpp"

using namespace calibration;

namespace {

constexpr double KiB = 1024;
constexpr double MiB = KiB * KiB;

std::string chosen(const std::string& gpu, Operation operation, std::int32_t ranks, double bytes,
                   Number number = Number::switches) {
  const Method method =
      nccl_choice(
          find_gpu(gpu)->node,
          {.operation = operation, .number = number, .ranks = ranks, .nodes = 1, .bytes = bytes})
          .method;
  return std::string{pattern_names.at(static_cast<std::size_t>(method.pattern))} + " " +
         std::string{protocol_names.at(static_cast<std::size_t>(method.protocol))};
}

}  // namespace

TEST_CASE("nccl tuning: a ring's expected time is base, steps and bytes, by hand") {
  // A100, all-reduce of 1 MiB over 8: LL has 6.6 us + 14 * 0.6 us, and half of 240 GB/s, but 87.7
  // at most, of which 2 * 7 / 8 of the bytes make use.
  const CollectiveShape shape{Operation::all_reduce, Number::switches, 8, 1, MiB};
  const auto all = nccl_expectations(find_gpu("a100")->node, shape);
  REQUIRE(all.size() == 3);
  const auto us = [&](std::size_t i) { return all[i].seconds * 1e6; };
  CHECK(us(0) == doctest::Approx(6.6 + (14 * 0.6) + (1.75 * MiB / 87.7e3)));
  CHECK(us(1) == doctest::Approx(14 + (14 * 1.9) + (1.75 * MiB / (0.92 * 240e3))));
  CHECK(us(2) == doctest::Approx(8.4 + (14 * 3.4) + (1.75 * MiB / 240e3)));
}

TEST_CASE("nccl tuning: the methods change where measured curves have their jumps") {
  // All-gather over two A100s: 19.9 us at 1 MiB and 38.2 at 2 MiB were measured; over four 22.6 and
  // 52.8. All-reduce over two: 19.8 at 512 KiB, 42.4 at 1 MiB.
  CHECK(chosen("a100_sxm", Operation::all_gather, 2, MiB) == "ring ll");
  CHECK(chosen("a100_sxm", Operation::all_gather, 2, 2 * MiB) == "ring simple");
  CHECK(chosen("a100_sxm", Operation::all_gather, 4, MiB) == "ring ll");
  CHECK(chosen("a100_sxm", Operation::all_gather, 4, 2 * MiB) == "ring simple");
  CHECK(chosen("a100_sxm", Operation::all_reduce, 2, 512 * KiB) == "ring ll");
  CHECK(chosen("a100_sxm", Operation::all_reduce, 2, MiB) == "ring simple");
  CHECK(chosen("a100_sxm", Operation::all_gather, 8, 8 * MiB) == "ring ll128");
  // Two H100s: 11.2 us at 1 MiB, 16.6 at 2, 26.9 at 4.
  CHECK(chosen("h100_sxm", Operation::all_gather, 2, 2 * MiB) == "ring ll");
  CHECK(chosen("h100_sxm", Operation::all_gather, 2, 4 * MiB) == "ring simple");
  // Eight L40S behind PCIe: faster at 1 MiB than at 512 KiB.
  CHECK(chosen("l40s", Operation::all_gather, 8, 512 * KiB) == "ring ll");
  CHECK(chosen("l40s", Operation::all_gather, 8, MiB) == "ring simple");
}

TEST_CASE("nccl tuning: switches add floating-point numbers of more than two GPUs from Hopper on") {
  CHECK(chosen("h100_sxm", Operation::all_reduce, 8, 64 * MiB) == "nvls simple");
  CHECK(chosen("h100_sxm", Operation::all_reduce, 8, 64 * MiB, Number::gpus) == "ring simple");
  CHECK(chosen("h100_sxm", Operation::all_reduce, 4, 64 * MiB) == "ring simple");
  CHECK(chosen("h100_sxm", Operation::all_reduce, 2, 64 * MiB) == "ring simple");
  CHECK(chosen("h100_sxm", Operation::all_gather, 8, 64 * MiB) == "ring simple");
  CHECK(chosen("a100_sxm", Operation::all_reduce, 8, 64 * MiB) == "ring simple");
  CHECK(chosen("h100_pcie", Operation::all_reduce, 8, 64 * MiB) == "ring simple");
}

TEST_CASE("nccl tuning: a method that it would not consider is none") {
  const NodeKind node = find_gpu("h100_sxm")->node;
  const CollectiveShape shape{Operation::all_reduce, Number::switches, 8, 1, MiB};
  CHECK(considers(node, {Pattern::nvls, Protocol::simple}, shape));
  CHECK(!considers(node, {Pattern::nvls, Protocol::ll}, shape));
  CHECK(!considers(node, {Pattern::pairwise, Protocol::simple}, shape));
  CHECK(nccl_expectations(node, {Operation::all_reduce, Number::switches, 1, 1, MiB}).empty());
}

TEST_CASE("known GPUs: names of all kinds, and which of them mean one GPU") {
  for (const std::string name :
       {"h100_sxm", "H100-SXM-80GB", "NVIDIA H100 80GB HBM3", "H100-80GB", "h100"}) {
    CAPTURE(name);
    REQUIRE(find_gpu(name) != nullptr);
    CHECK(find_gpu(name)->processors == 132);
    CHECK(is_same_gpu(name, "h100_sxm"));
  }
  CHECK(find_gpu("NVIDIA H100 PCIe")->processors == 114);
  CHECK(!is_same_gpu("h100_pcie", "h100_sxm"));
  CHECK(find_gpu("NVIDIA GB200")->node.bus_Bps == 720e9);
  CHECK(find_gpu("gfx942") == nullptr);
  // Not every name that begins like one is that one.
  CHECK(find_gpu("NVIDIA RTX A1000")->node.line_Bps == 31.5e9);
  CHECK(find_gpu("NVIDIA RTX A4000")->name == "rtx");
  CHECK(find_gpu("NVIDIA A4000") == nullptr);
  CHECK(find_gpu("NVIDIA GeForce RTX 3090")->node.architecture == Architecture::ampere);
  CHECK(find_gpu("NVIDIA RTX PRO 6000 Blackwell")->node.architecture == Architecture::blackwell);
  CHECK(find_gpu("NVIDIA H100 NVL")->node.joint == Joint::pcie);
  CHECK(!is_same_gpu("A100-40GB SXM4", "A100-SXM4-80GB"));
  CHECK(is_same_gpu("A100-40GB SXM4", "a100_sxm"));
  CHECK(is_same_gpu("MI350X", "mi350x"));
  CHECK(!is_same_gpu("MI350X", "MI300X"));
  CHECK(!is_same_gpu("l40s", "l4"));
}
