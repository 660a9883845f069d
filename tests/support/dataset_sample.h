// One sample of a data set as values, for the tests of data sets.
#pragma once

#include <vector>

#include "sextant/train/dataset.h"

namespace sextant::test_data {

using SampleBytes = std::vector<std::vector<std::byte>>;

inline Result<SampleBytes> read_sample(const train::Dataset& dataset, int64_t index,
                                       uint64_t seed = 0) {
  SampleBytes fields;
  for (const train::FieldSpec& field : dataset.fields()) {
    // Never 0, so that what a data set forgets to write is seen.
    fields.emplace_back(static_cast<size_t>(field.bytes()), std::byte{0xcd});
  }
  const std::vector<std::span<std::byte>> out(fields.begin(), fields.end());
  SEXTANT_TRY_VOID(dataset.read(index, seed, out));
  return fields;
}

template <class T>
std::vector<T> values_of(std::vector<std::byte>& field) {
  const auto values = train::as_values<T>(field);
  return {values.begin(), values.end()};
}

// Field `field` of sample `index`.
template <class T>
std::vector<T> sample(const train::Dataset& dataset, int64_t index, size_t field,
                      uint64_t seed = 0) {
  return values_of<T>(read_sample(dataset, index, seed).value().at(field));
}

}  // namespace sextant::test_data
