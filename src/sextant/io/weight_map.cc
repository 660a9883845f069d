#include "sextant/io/weight_map.h"

#include <algorithm>
#include <set>

namespace sextant::io {
namespace {

constexpr size_t kMaxReported = 10;

// '*' matches any run of characters. Linear: on a mismatch only the last '*' takes one more.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

bool holds_weights(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
      return true;
    default:
      return is_quantised(dtype);
  }
}

const TensorInfo* find_any(const TensorSource& source, const WeightSpec& spec) {
  if (const TensorInfo* entry = source.find(spec.name)) {
    return entry;
  }
  for (const std::string& alias : spec.aliases) {
    if (const TensorInfo* entry = source.find(alias)) {
      return entry;
    }
  }
  return nullptr;
}

// What is wrong with a tensor that is there; empty where nothing is.
std::string mismatch(const WeightSpec& spec, const TensorInfo& found) {
  if (found.shape != spec.shape) {
    return sextant::format("tensor \"{}\": expected {}, file has {} ({})", found.name,
                           to_string(spec.shape), to_string(found.shape), found.file);
  }
  const bool allowed = spec.dtypes.empty() ? holds_weights(found.dtype)
                                           : std::find(spec.dtypes.begin(), spec.dtypes.end(),
                                                       found.dtype) != spec.dtypes.end();
  if (!allowed) {
    std::string expected = spec.dtypes.empty() ? "a float or block type" : "";
    for (const DType dtype : spec.dtypes) {
      expected += (expected.empty() ? "" : " or ") + std::string(to_string(dtype));
    }
    return sextant::format("tensor \"{}\": expected {}, file has {} ({})", found.name, expected,
                           to_string(found.dtype), found.file);
  }
  return {};
}

}  // namespace

const TensorView& Weights::at(std::string_view name) const {
  const TensorView* view = find(name);
  SEXTANT_CHECK(view != nullptr, "no weight \"{}\"", name);
  return *view;
}

const TensorView* Weights::find(std::string_view name) const {
  const auto found = views_.find(name);
  return found == views_.end() ? nullptr : &found->second;
}

Result<Weights> WeightMap::bind(const TensorSource& source) const {
  Weights weights;
  std::vector<std::string> problems;
  std::set<std::string_view> used;
  for (const WeightSpec& spec : specs_) {
    const TensorInfo* entry = find_any(source, spec);
    if (entry == nullptr) {
      if (spec.required) {
        problems.push_back(sextant::format("tensor \"{}\": expected {}, file has none", spec.name,
                                           to_string(spec.shape)));
      }
      continue;
    }
    SEXTANT_CHECK(used.insert(entry->name).second, "\"{}\" is declared twice", entry->name);
    if (std::string problem = mismatch(spec, *entry); !problem.empty()) {
      problems.push_back(std::move(problem));
      continue;
    }
    SEXTANT_TRY(weights.views_[spec.name], source.view(entry->name));
  }
  for (const TensorInfo& entry : source.tensors()) {
    const bool ignored = std::any_of(ignored_.begin(), ignored_.end(), [&](const auto& pattern) {
      return matches(pattern, entry.name);
    });
    if (!ignored && !used.contains(entry.name)) {
      problems.push_back(sextant::format("tensor \"{}\": expected none, file has {} ({})",
                                         entry.name, to_string(entry.shape), entry.file));
    }
  }
  if (problems.empty()) {
    return weights;
  }
  std::string message = "[" + topic_ + "] " + problems.front();
  for (size_t i = 1; i < std::min(problems.size(), kMaxReported); ++i) {
    message += "; " + problems[i];
  }
  if (problems.size() > kMaxReported) {
    message += sextant::format("; and {} more problems", problems.size() - kMaxReported);
  }
  return Failure(Error{.code = ErrorCode::kDataLoss, .message = std::move(message)});
}

}  // namespace sextant::io
