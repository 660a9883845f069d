#include <unistd.h>

#include "sextant/cli/run.h"

int main(int argc, char** argv) {
  sextant::cli::Output output(STDOUT_FILENO);
  return sextant::cli::run(argc, argv, output);
}
