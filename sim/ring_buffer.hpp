#pragma once

#include <cstddef>
#include <vector>

namespace sim {

/// A first-in, first-out queue in one array, which grows to the most it ever held.
template <class T>
class RingBuffer {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Requires !empty().
  [[nodiscard]] const T& front() const { return slots_[first_]; }
  [[nodiscard]] T& front() { return slots_[first_]; }

  /// The i-th from the front. Requires i < size().
  [[nodiscard]] T& operator[](std::size_t i) { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  [[nodiscard]] const T& operator[](std::size_t i) const {
    return slots_[(first_ + i) & (slots_.size() - 1)];
  }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& back() const { return slots_[(first_ + size_ - 1) & (slots_.size() - 1)]; }

  void push(const T& value) {
    if (size_ == slots_.size()) {
      grow();
    }
    slots_[(first_ + size_) & (slots_.size() - 1)] = value;
    ++size_;
  }

  /// Requires !empty().
  void pop() {
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
  }

 private:
  void grow() {
    constexpr std::size_t least = 4;
    std::vector<T> larger(slots_.empty() ? least : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = slots_[(first_ + i) & (slots_.size() - 1)];
    }
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // 2^k of them
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sim
