#include "sextant/lm/sentence_encoder.h"

#include <algorithm>
#include <cmath>

#include "sextant/kernels/ops.h"
#include "sextant/lm/model_files.h"

namespace sextant::lm {
namespace {

// The mean of the rows of `hidden`, or its first row.
void pool_rows(std::span<const float> hidden, Pooling pooling, std::span<float> out) {
  const size_t dim = out.size();
  std::copy_n(hidden.begin(), dim, out.begin());
  if (pooling == Pooling::kFirst) {
    return;
  }
  for (size_t at = dim; at < hidden.size(); at += dim) {
    kernels::add(hidden.subspan(at, dim), out);
  }
  const size_t rows = hidden.size() / dim;
  const auto count = static_cast<float>(rows);
  for (float& v : out) {
    v /= count;
  }
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

void normalise_row(std::span<float> row) {
  // The reference's bound, against a division by 0.
  const auto length = static_cast<float>(std::max(std::sqrt(dot(row, row)), 1e-12));
  for (float& v : row) {
    v /= length;
  }
}

}  // namespace

double cosine(std::span<const float> a, std::span<const float> b) {
  SEXTANT_CHECK(a.size() == b.size(), "cosine of {} and {} values", a.size(), b.size());
  const double lengths = std::sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

Result<SentenceEncoder> SentenceEncoder::load(const std::filesystem::path& folder,
                                              const Context& context) {
  SentenceModules modules{.pooling_folder = "", .normalise = true};
  SEXTANT_TRY(const auto json, read_optional_json(folder / "modules.json"));
  if (json) {
    SEXTANT_TRY(modules, sentence_modules_from_json(*json));
  }
  auto pooling = Pooling::kMean;
  if (!modules.pooling_folder.empty()) {
    const auto path = folder / modules.pooling_folder / "config.json";
    SEXTANT_TRY(const auto config, read_optional_json(path));
    if (!config) {
      return fail(ErrorCode::kNotFound,
                  "[lm/sentence] {}: expected the pooling of modules.json, "
                  "found no file",
                  path.string());
    }
    SEXTANT_TRY(pooling, pooling_from_json(*config));
  }
  SEXTANT_TRY(BertModel model, load_bert_model(folder, context));
  return SentenceEncoder(std::move(model), pooling, modules.normalise);
}

Result<std::vector<float>> SentenceEncoder::encode(std::span<const std::string> texts,
                                                   const Context& context) const {
  const auto dim = static_cast<size_t>(dimension());
  std::vector<float> out(texts.size() * dim);
  SEXTANT_TRY_VOID(run_texts(model_, texts, context, [&](const BertBatch& batch) {
    size_t token = 0;
    for (size_t i = 0; i < batch.lengths.size(); ++i) {
      const auto count = static_cast<size_t>(batch.lengths[i]);
      const auto row = std::span(out).subspan((batch.first + i) * dim, dim);
      pool_rows(batch.hidden.subspan(token * dim, count * dim), pooling_, row);
      if (normalise_) {
        normalise_row(row);
      }
      token += count;
    }
  }));
  return out;
}

}  // namespace sextant::lm
