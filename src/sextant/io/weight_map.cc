#include "sextant/io/weight_map.h"

#include <algorithm>
#include <optional>

#include "sextant/base/nearest.h"
#include "sextant/base/pattern.h"

namespace sextant::io {
namespace {

constexpr size_t kMaxReported = 10;

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

// All problems as one message: the first few in full, then the count of the others.
class Problems {
 public:
  explicit Problems(std::string_view topic) : topic_(topic) {}

  template <class... Args>
  void add(std::string_view pattern, const Args&... args) {
    if (++count_ <= kMaxReported) {
      text_ += (count_ == 1 ? "" : "; ") + sextant::format(pattern, args...);
    }
  }

  bool empty() const { return count_ == 0; }
  std::string message() const {
    const size_t others = count_ - std::min(count_, kMaxReported);
    return sextant::format("[{}] {}", topic_, text_) +
           (others > 0 ? sextant::format("; and {} more problems", others) : "");
  }

 private:
  std::string_view topic_;
  size_t count_ = 0;
  std::string text_;
};

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

void WeightMap::add(WeightSpec spec) {
  SEXTANT_CHECK(names_.insert(spec.name).second, "\"{}\" is declared twice", spec.name);
  for (const std::string& alias : spec.aliases) {
    SEXTANT_CHECK(names_.insert(alias).second, "\"{}\" is declared twice", alias);
  }
  specs_.push_back(std::move(spec));
}

Result<Weights> WeightMap::bind(const TensorSource& source) const {
  Weights weights;
  Problems problems(topic_);
  std::set<std::string_view> used;
  std::optional<std::string_view> missing;  // the first
  for (const WeightSpec& spec : specs_) {
    const TensorInfo* entry = find_any(source, spec);
    if (entry == nullptr) {
      if (spec.required) {
        missing = missing.value_or(spec.name);
        problems.add("tensor \"{}\": expected {}, file has none", spec.name, to_string(spec.shape));
      }
      continue;
    }
    used.insert(entry->name);
    if (const std::string problem = mismatch(spec, *entry); !problem.empty()) {
      problems.add("{}", problem);
      continue;
    }
    SEXTANT_TRY(weights.views_[spec.name], source.view(entry->name));
  }
  std::vector<std::string_view> unexpected;
  for (const TensorInfo& entry : source.tensors()) {
    const bool ignored = std::any_of(ignored_.begin(), ignored_.end(), [&](const auto& pattern) {
      return matches_pattern(entry.name, pattern);
    });
    if (!ignored && !used.contains(entry.name)) {
      unexpected.emplace_back(entry.name);
      problems.add("tensor \"{}\": expected none, file has {} ({})", entry.name,
                   to_string(entry.shape), entry.file);
    }
  }
  if (problems.empty()) {
    return weights;
  }
  const auto nearest = missing ? nearest_name(*missing, unexpected) : std::nullopt;
  return fail_with_hint(
      ErrorCode::kDataLoss, problems.message(),
      nearest ? sextant::format("nearest to \"{}\" is the unused \"{}\"", *missing, *nearest) : "");
}

}  // namespace sextant::io
