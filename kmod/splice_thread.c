// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, the threads that do the work, and whose turn it is.
 *
 * There is a thread for each CPU, and its queue is the order in which splices have their turns. One
 * of an emergency call is also in a list of its thread from when it has something to do until it
 * had a turn: before a splice of an ordinary call has its own, those in the list have theirs,
 * KMGW_AHEAD at most. So an emergency call waits for the turn that is under way and for others like
 * it, whatever else is ready; and of n ordinary splices and m of emergency calls that are always
 * ready, each ordinary one has a turn after n ordinary ones and at most KMGW_AHEAD * n + m others.
 * No turn moves more than KMGW_TURN. A turn ahead is one more: the splice keeps its place in the
 * queue, and whoever waits for that finds all done.
 *
 * Context: process; kmgw_splice_ahead() any. thread->lock is innermost, and taken for emergency
 * calls only.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "leg.h"
#include "splice.h"

/* Turns of emergency calls, at most, that one of an ordinary call has to wait for. */
#define KMGW_AHEAD	8

/* One thread a CPU: TCP and the cipher find their data in the cache. */
static DEFINE_PER_CPU(struct kmgw_thread, kmgw_threads);
static struct cpumask kmgw_thread_cpus;

/* CPU that got the last splice. */
static atomic_t kmgw_last_cpu = ATOMIC_INIT(-1);

/**
 * kmgw_splice_thread() - choose a thread for a splice
 *
 * In turn. The thread of a CPU that has gone runs elsewhere; one that came later has none.
 *
 * Return: the thread.
 */
struct kmgw_thread *kmgw_splice_thread(void)
{
	int cpu = cpumask_next(atomic_read(&kmgw_last_cpu), &kmgw_thread_cpus);

	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(&kmgw_thread_cpus);
	atomic_set(&kmgw_last_cpu, cpu);
	return per_cpu_ptr(&kmgw_threads, cpu);
}

/**
 * kmgw_splice_ahead() - a splice of an emergency call has something to do
 * @sp: splice, which is going to be queued, too
 */
void kmgw_splice_ahead(struct kmgw_splice *sp)
{
	struct kmgw_thread *thread = sp->thread;
	unsigned long flags;

	spin_lock_irqsave(&thread->lock, flags);
	if (list_empty(&sp->ahead))
		list_add_tail(&sp->ahead, &thread->ahead);
	spin_unlock_irqrestore(&thread->lock, flags);
}

/**
 * kmgw_splice_not_ahead() - a splice has its turn in the order of the queue, or is over
 * @sp: splice
 */
void kmgw_splice_not_ahead(struct kmgw_splice *sp)
{
	struct kmgw_thread *thread = sp->thread;
	unsigned long flags;

	/* Whoever puts it there queues it after that. */
	if (likely(list_empty(&sp->ahead)))
		return;
	spin_lock_irqsave(&thread->lock, flags);
	list_del_init(&sp->ahead);
	spin_unlock_irqrestore(&thread->lock, flags);
}

static struct kmgw_splice *kmgw_thread_next(struct kmgw_thread *thread)
{
	struct kmgw_splice *sp;
	unsigned long flags;

	spin_lock_irqsave(&thread->lock, flags);
	sp = list_first_entry_or_null(&thread->ahead, struct kmgw_splice, ahead);
	if (sp)
		list_del_init(&sp->ahead);
	spin_unlock_irqrestore(&thread->lock, flags);
	return sp;
}

/**
 * kmgw_splice_work() - do all there is to do for a splice, after what is more urgent
 * @work: sp->work
 */
void kmgw_splice_work(struct kthread_work *work)
{
	struct kmgw_splice *sp = container_of(work, struct kmgw_splice, work);
	struct kmgw_thread *thread = sp->thread;
	struct kmgw_splice *urgent;
	unsigned int n = 0;

	kmgw_splice_not_ahead(sp);
	/* One that ends here is not freed before an item of its own has run in this thread. */
	while (unlikely(!list_empty(&thread->ahead)) && !READ_ONCE(sp->urgent) &&
	       n++ < KMGW_AHEAD) {
		urgent = kmgw_thread_next(thread);
		if (urgent)
			kmgw_splice_turn(urgent);
	}
	kmgw_splice_turn(sp);
}

/*
 * A thread that was woken for every record, and took the CPU at once from whoever sent it, would
 * spend more on being woken than on the record. As a batch task it waits until that one pauses,
 * and then moves all there is; an idle CPU it takes at once.
 */
static struct kthread_worker *kmgw_thread_start(int cpu)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_BATCH,
	};
	struct kthread_worker *worker;
	int err;

	worker = kthread_create_worker_on_cpu(cpu, 0, "kmgw_splice/%u", cpu);
	if (IS_ERR(worker))
		return worker;
	err = sched_setattr_nocheck(worker->task, &attr);
	if (err) {
		kthread_destroy_worker(worker);
		return ERR_PTR(err);
	}
	return worker;
}

/**
 * kmgw_splice_init() - when the module is loaded
 *
 * Return: 0 or a negative errno.
 */
int __init kmgw_splice_init(void)
{
	struct kthread_worker *worker;
	struct kmgw_thread *thread;
	int cpu, err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		worker = kmgw_thread_start(cpu);
		if (IS_ERR(worker)) {
			err = PTR_ERR(worker);
			break;
		}
		thread = per_cpu_ptr(&kmgw_threads, cpu);
		thread->worker = worker;
		thread->cpu = cpu;
		spin_lock_init(&thread->lock);
		INIT_LIST_HEAD(&thread->ahead);
		cpumask_set_cpu(cpu, &kmgw_thread_cpus);
	}
	cpus_read_unlock();
	if (err)
		kmgw_splice_exit();
	return err;
}

/**
 * kmgw_splice_exit() - when the module is unloaded, after the last namespace
 */
void kmgw_splice_exit(void)
{
	int cpu;

	for_each_cpu(cpu, &kmgw_thread_cpus)
		kthread_destroy_worker(per_cpu(kmgw_threads, cpu).worker);
}
