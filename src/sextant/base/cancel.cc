#include "sextant/base/cancel.h"

#include <unistd.h>
#include <csignal>

namespace sextant {
namespace {

CancelToken g_token;

void on_signal(int signal) {
  if (g_token.cancelled() && signal == SIGINT) {
    _exit(130);
  }
  g_token.cancel();
}

}  // namespace

CancelToken& interrupt_token() {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  static_cast<void>(installed);
  return g_token;
}

}  // namespace sextant
