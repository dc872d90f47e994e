#include "calibration/known_gpus.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace calibration {
namespace {

constexpr double giga = 1e9;  // bytes per second

using enum Architecture;
using enum Joint;

/// What a GPU sends: 25 GB/s for each of 6, 12 and 18 links of NVLink 2, 3 and 4, 50 for each of 18
/// of NVLink 5; PCIe x16 after its 128/130 code. The bus: NCCL's own 20, 20, 20.6 and 40.1 GB/s per
/// link, cut to what its search finds (6 channels of 20, of 40 and of 60 GB/s, 8 of 90); 24 GB/s
/// for PCIe 4.0 x16. Those that bridges of NVLink join in pairs count as PCIe. NICs: 100, 200, 400
/// and 400 Gb/s for each of eight GPUs. Processors by the vendor's data sheets. Longer names stand
/// before those that they begin with.
constexpr std::array known{
    KnownGpu{"gb200", "", 148, {blackwell, nvlink, 900 * giga, 720 * giga, 400 * giga}, 72},
    KnownGpu{"gb300", "", 160, {blackwell, nvlink, 900 * giga, 720 * giga, 400 * giga}, 72},
    KnownGpu{"b200", "", 148, {blackwell, nvlink, 900 * giga, 720 * giga, 400 * giga}},
    KnownGpu{"b300", "", 160, {blackwell, nvlink, 900 * giga, 720 * giga, 800 * giga}},
    KnownGpu{"h100", "pcie", 114, {hopper, pcie, 63 * giga, 48 * giga, 100 * giga}},
    KnownGpu{"h100", "nvl", 132, {hopper, pcie, 63 * giga, 48 * giga, 100 * giga}},
    KnownGpu{"h200", "nvl", 132, {hopper, pcie, 63 * giga, 48 * giga, 100 * giga}},
    KnownGpu{"h200", "pcie", 132, {hopper, pcie, 63 * giga, 48 * giga, 100 * giga}},
    KnownGpu{"gh200", "", 132, {hopper, nvlink, 450 * giga, 360 * giga, 400 * giga}},
    KnownGpu{"h100", "", 132, {hopper, nvlink, 450 * giga, 360 * giga, 400 * giga}},
    KnownGpu{"h200", "", 132, {hopper, nvlink, 450 * giga, 360 * giga, 400 * giga}},
    KnownGpu{"h800", "", 132, {hopper, nvlink, 200 * giga, 160 * giga, 400 * giga}},
    KnownGpu{"h20", "", 78, {hopper, nvlink, 450 * giga, 360 * giga, 400 * giga}},
    KnownGpu{"a100", "pcie", 108, {ampere, pcie, 31.5 * giga, 24 * giga, 100 * giga}},
    KnownGpu{"a100", "", 108, {ampere, nvlink, 300 * giga, 240 * giga, 200 * giga}},
    KnownGpu{"a800", "", 108, {ampere, nvlink, 200 * giga, 160 * giga, 200 * giga}},
    KnownGpu{"v100", "pcie", 80, {volta, pcie, 15.8 * giga, 12 * giga, 50 * giga}},
    KnownGpu{"v100", "", 80, {volta, nvlink, 150 * giga, 120 * giga, 50 * giga}},
    KnownGpu{"l40s", "", 142, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"l40", "", 142, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"l4", "", 58, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"a30", "", 56, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"a40", "", 84, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"a10g", "", 80, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"a10", "", 72, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
    KnownGpu{"rtx", "pro", 0, {blackwell, pcie, 63 * giga, 48 * giga, 50 * giga}},
    KnownGpu{"rtx", "50", 0, {blackwell, pcie, 63 * giga, 48 * giga, 50 * giga}},
    KnownGpu{"rtx", "", 0, {ampere, pcie, 31.5 * giga, 24 * giga, 50 * giga}},
};

/// Lower-case words of letters and digits: "NVIDIA H100-80GB" is nvidia, h100, 80gb.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words{""};
  for (const char letter : text) {
    const auto plain = static_cast<unsigned char>(letter);
    if (std::isalnum(plain) != 0) {
      words.back() += static_cast<char>(std::tolower(plain));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

bool is_digit(char letter) {
  return std::isdigit(static_cast<unsigned char>(letter)) != 0;
}

/// "a100" begins "a100x", and "rtx" begins "rtx6000", but "a100" does not begin "a1000".
bool has(const std::vector<std::string>& words, std::string_view beginning) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    const bool goes_on = word.size() > beginning.size() && is_digit(word[beginning.size()]) &&
                         is_digit(beginning.back());
    return word.starts_with(beginning) && !goes_on;
  });
}

/// "5090" is of the series 50.
bool is_form(const std::vector<std::string>& words, std::string_view form) {
  return std::ranges::any_of(words,
                             [&](const std::string& word) { return word.starts_with(form); });
}

/// "80gb", or nothing.
std::string memory_of(const std::vector<std::string>& words) {
  const auto found = std::ranges::find_if(words, [](const std::string& word) {
    return word.size() > 2 && word.ends_with("gb") && is_digit(word.front());
  });
  return found == words.end() ? "" : *found;
}

}  // namespace

const KnownGpu* find_gpu(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  const auto* const found = std::ranges::find_if(known, [&](const KnownGpu& each) {
    return has(words, each.name) && (each.form.empty() || is_form(words, each.form));
  });
  return found == known.end() ? nullptr : found;
}

bool is_same_gpu(std::string_view a, std::string_view b) {
  const std::vector<std::string> words_a = words_of(a);
  const std::vector<std::string> words_b = words_of(b);
  const KnownGpu* const known_a = find_gpu(a);
  const std::string memory_a = memory_of(words_a);
  const std::string memory_b = memory_of(words_b);
  if (known_a != find_gpu(b) || (known_a == nullptr && words_a != words_b)) {
    return false;
  }
  return memory_a.empty() || memory_b.empty() || memory_a == memory_b;
}

}  // namespace calibration
