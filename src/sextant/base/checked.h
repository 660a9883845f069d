// Integer arithmetic that reports overflow: for every size that comes from a file or a request.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include "sextant/base/error.h"

namespace sextant {

// a * b, or nothing where it does not fit T.
template <std::integral T>
std::optional<T> checked_mul(T a, T b) {
  T out;
  if (__builtin_mul_overflow(a, b, &out)) {
    return std::nullopt;
  }
  return out;
}

// a + b, or nothing where it does not fit T.
template <std::integral T>
std::optional<T> checked_add(T a, T b) {
  T out;
  if (__builtin_add_overflow(a, b, &out)) {
    return std::nullopt;
  }
  return out;
}

// Narrowing inside the program, where a value that does not fit is a mistake: throws.
template <std::integral To, std::integral From>
To checked_cast(From value) {
  SEXTANT_CHECK(std::in_range<To>(value), "value {} does not fit", value);
  return static_cast<To>(value);
}

}  // namespace sextant
