/*
 * Forks a Node process that has loaded a module. Loaded twice: by LD_PRELOAD, to wrap two calls of the C library, and
 * as an addon. It uses only stable interfaces (N-API 1, uv_loop_fork), so one binary fits every Node 24.
 * docs/decisions/0014-javascript.md explains why.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define WEAK __attribute__((weak))

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
extern WEAK int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern WEAK int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
extern WEAK int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
extern WEAK int napi_get_value_int32(napi_env, napi_value, int32_t *);
extern WEAK int napi_get_arraybuffer_info(napi_env, napi_value, void **, size_t *);
extern WEAK int napi_create_int32(napi_env, int32_t, napi_value *);
extern WEAK int napi_get_uv_event_loop(napi_env, void **);
extern WEAK int uv_loop_fork(void *);

/* The first fields of uv_loop_t, public and unchanged in libuv 1. */
struct loop {
  void *data;
  unsigned int active_handles;
  void *handle_queue[2];
  unsigned int active_requests;
};

/* OpenSSL's RAND_METHOD. */
struct random_method {
  int (*seed)(const void *, int);
  int (*bytes)(unsigned char *, int);
  void (*cleanup)(void);
  int (*add)(const void *, int, double);
  int (*pseudorandom)(unsigned char *, int);
  int (*status)(void);
};

enum { SIGNALS = 65, LAST_KEPT_DESCRIPTOR = 5, REPARENTING_SECONDS = 10 };

static void *(*debugger_start)(void *);
static void *debugger_argument;
static int is_run;
static int32_t draws;

/*
 * V8 excludes its heap and code from forks, because it expects a fork to call exec. It ignores errors of this call.
 */
EXPORT int madvise(void *start, size_t length, int advice) {
  static int (*original)(void *, size_t, int);
  if (advice == MADV_DONTFORK && !is_run) return 0;
  if (original == NULL) original = (__typeof__(original))dlsym(RTLD_NEXT, "madvise");
  return original(start, length, advice);
}

/* Remembers the thread that waits for SIGUSR1. Node starts no other thread with all signals blocked. */
EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  static int (*original)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  sigset_t blocked;
  if (original == NULL) original = (__typeof__(original))dlsym(RTLD_NEXT, "pthread_create");
  if (debugger_start == NULL && pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 &&
      sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGUSR1) == 1) {
    debugger_start = start;
    debugger_argument = argument;
  }
  return original(thread, attributes, start, argument);
}

static napi_value to_number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

static napi_value read_argument(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  return argument;
}

static struct loop *loop_of(napi_env env) {
  void *loop = NULL;
  napi_get_uv_event_loop(env, &loop);
  return loop;
}

static void restart_debugger(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  if (debugger_start == NULL) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 18);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_create(&thread, &attributes, debugger_start, debugger_argument);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Calls `change` with each descriptor above those of the protocol. */
static void each_descriptor(void (*change)(int)) {
  DIR *folder = opendir("/proc/self/fd");
  struct dirent *entry;
  if (folder == NULL) return;
  while ((entry = readdir(folder)) != NULL) {
    int fd = atoi(entry->d_name);
    if (fd > LAST_KEPT_DESCRIPTOR && fd != dirfd(folder)) change(fd);
  }
  closedir(folder);
}

/* Node sets FD_CLOEXEC on all of its descriptors, so its absence marks those of the template in a run. */
static void mark(int fd) { fcntl(fd, F_SETFD, 0); }

/*
 * Replaces a descriptor of the template's other threads. A run does not have these threads and must not reach them, but
 * the engine may still write to the number.
 */
static void silence(int fd) {
  int null;
  if (fcntl(fd, F_GETFD) & FD_CLOEXEC) return;
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) _exit(1);
  dup3(null, fd, O_CLOEXEC);
  close(null);
}

/* Returns the descriptor that the next message carries, or -1 at the end of the channel. */
static int receive_descriptor(int channel) {
  for (;;) {
    char byte;
    union {
      char bytes[CMSG_SPACE(sizeof(int))];
      struct cmsghdr header;
    } control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *found;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    found = CMSG_FIRSTHDR(&message);
    if (found != NULL && found->cmsg_type == SCM_RIGHTS) return *(int *)CMSG_DATA(found);
  }
}

/* `performance.now()` and `process.uptime()` count from these values. */
static void restart_clocks(void) {
  static const char *const names[] = {"_ZN4node11per_process15node_start_timeE",
                                      "_ZN4node11performance25performance_process_startE"};
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (size_t at = 0; at < sizeof names / sizeof *names; at += 1) {
    uint64_t *start = dlsym(RTLD_DEFAULT, names[at]);
    if (start != NULL) *start = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
  }
}

/*
 * Makes the process a child of the template's parent, which waits for it as for a process that it started itself. So no
 * run can delay the report of its end by stopping the template. Ends with that parent.
 */
static void await_parent(pid_t parent) {
  time_t limit = time(NULL) + REPARENTING_SECONDS;
  while (getppid() != parent) {
    if (time(NULL) > limit) _exit(1);
    sched_yield();
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(1);
}

static void ignore_signals(struct sigaction *saved) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  for (int number = 1; number < SIGNALS; number += 1)
    if (sigaction(number, NULL, &saved[number]) != 0 || sigaction(number, &ignore, NULL) != 0)
      saved[number].sa_handler = SIG_ERR;
}

static void restore_signals(const struct sigaction *saved) {
  for (int number = 1; number < SIGNALS; number += 1)
    if (saved[number].sa_handler != SIG_ERR) sigaction(number, &saved[number], NULL);
}

/* Forks by way of a process that ends immediately. Returns 0 in the fork, else its process id or -1. */
static pid_t fork_away(void) {
  volatile pid_t pid = -1;
  pid_t middle = vfork();
  if (middle == 0) {
    pid = fork();
    if (pid == 0) return 0;
    _exit(0);
  }
  while (middle > 0 && waitpid(middle, NULL, 0) < 0 && errno == EINTR) {
  }
  return pid;
}

/*
 * serve(channel): forks for each message on `channel`, whose descriptor becomes the channel of the fork. Answers with
 * the process id. Returns only in forks. The template executes no JavaScript after this call.
 */
static napi_value serve(napi_env env, napi_callback_info info) {
  static struct sigaction saved[SIGNALS];
  int32_t channel = -1;
  pid_t parent = getppid();
  napi_get_value_int32(env, read_argument(env, info), &channel);
  ignore_signals(saved);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  each_descriptor(mark);
  for (;;) {
    int own = receive_descriptor(channel);
    pid_t pid;
    if (own < 0) _exit(0);
    pid = fork_away();
    if (pid == 0) {
      is_run = 1;
      await_parent(parent);
      restore_signals(saved);
      dup3(own, channel, O_CLOEXEC);
      close(own);
      if (uv_loop_fork(loop_of(env)) != 0) _exit(1);
      each_descriptor(silence);
      prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
      prctl(PR_SET_PTRACER, -1L, 0, 0, 0);
      restart_clocks();
      restart_debugger();
      return to_number(env, getpid());
    }
    close(own);
    if (send(channel, &pid, sizeof pid, MSG_NOSIGNAL) != sizeof pid) _exit(0);
  }
}

/* Requests to threads and the kernel without an answer. */
static napi_value requests(napi_env env, napi_callback_info info) {
  (void)info;
  return to_number(env, (int32_t)loop_of(env)->active_requests);
}

/* Whether this process has a child that it has not waited for. */
static napi_value children(napi_env env, napi_callback_info info) {
  (void)info;
  siginfo_t found;
  return to_number(env, !(waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD));
}

/* seed(buffer): fills an ArrayBuffer of at most 256 bytes. */
static napi_value seed(napi_env env, napi_callback_info info) {
  size_t length = 0;
  void *data = NULL;
  napi_get_arraybuffer_info(env, read_argument(env, info), &data, &length);
  return to_number(env, (int32_t)getrandom(data, length, 0));
}

static int fill(unsigned char *data, int length) {
  draws += 1;
  for (int done = 0; done < length;) {
    ssize_t got = getrandom(data + done, (size_t)(length - done), 0);
    if (got < 0 && errno != EINTR) return 0;
    if (got > 0) done += (int)got;
  }
  return 1;
}

static int add(const void *data, int length, double entropy) {
  (void)data, (void)length, (void)entropy;
  return 1;
}

static int take(const void *data, int length) {
  (void)data, (void)length;
  return 1;
}

static int status(void) { return 1; }
static void cleanup(void) {}

/*
 * Returns how often random bytes were drawn since the previous call, or -1 if unknown. From the first call on, they
 * come from the kernel, so forks never share them.
 */
static napi_value drawn(napi_env env, napi_callback_info info) {
  static const struct random_method method = {take, fill, cleanup, add, fill, status};
  static int is_counting;
  int32_t found = draws;
  (void)info;
  if (!is_counting) {
    int (*set)(const struct random_method *) = (__typeof__(set))dlsym(RTLD_DEFAULT, "RAND_set_rand_method");
    is_counting = set != NULL && set(&method) == 1;
  }
  draws = 0;
  return to_number(env, is_counting ? found : -1);
}

EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback call;
  } calls[] = {{"serve", serve}, {"requests", requests}, {"children", children}, {"seed", seed}, {"drawn", drawn}};
  for (size_t at = 0; at < sizeof calls / sizeof *calls; at += 1) {
    napi_value function;
    napi_create_function(env, calls[at].name, (size_t)-1, calls[at].call, NULL, &function);
    napi_set_named_property(env, exports, calls[at].name, function);
  }
  return exports;
}
